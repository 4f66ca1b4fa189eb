import { requestInvalid } from "../problems.ts";
import type { Action } from "../tokens/access.ts";
import { formatScope } from "../tokens/scope.ts";
import type { Exchange } from "./exchange.ts";
import { hostOf, isEncrypted } from "./messages.ts";
import type { Route } from "./route.ts";

/** A name or an address with a port. What a client sends here comes back to it in a header: nothing else may be in it. */
const HOST = /^(?:[a-z0-9](?:[a-z0-9._-]{0,252})|\[[0-9a-f:.]{2,45}\])(?::\d{1,5})?$/i;

/**
 * Where the registry is, in the client's own words, unless it was configured. Headers that proxies set are not looked
 * at: anybody can set them.
 *
 * @throws {Problem} `request_invalid` for a Host header that is none
 */
export function ownUrl({ context, request }: Exchange): URL {
  if (context.publicUrl) return context.publicUrl;
  const host = hostOf(request);
  if (host === undefined || !HOST.test(host)) throw requestInvalid("the Host header names no host");
  return new URL(`${isEncrypted(request) ? "https" : "http"}://${host}`);
}

/** `WWW-Authenticate` of RFC 6750 section 3, with the scope that the request needs. */
export function challengeFor(
  exchange: Exchange,
  route: Route | undefined,
  error?: "insufficient_scope" | "invalid_token",
): string {
  const url = ownUrl(exchange);
  const parameters = [`realm="${new URL(exchange.context.tokenPath, url).href}"`, `service="${url.host}"`];
  const scope = route && scopeOf(exchange, route);
  if (scope) parameters.push(`scope="${scope}"`);
  if (error) parameters.push(`error="${error}"`);
  return `Bearer ${parameters.join(",")}`;
}

/** What each method needs. Nothing is implied: whoever may push may not delete. */
export function actionOf(method: string, route: Route): Action {
  // Ending one's own upload takes nothing from the repository.
  if (route.kind === "upload" || route.kind === "uploads") return "push";
  if (method === "GET" || method === "HEAD") return "pull";
  return method === "DELETE" ? "delete" : "push";
}

function scopeOf({ method, query }: Exchange, route: Route): string | undefined {
  if (route.kind === "base") return undefined;
  const action = actionOf(method, route);
  const wanted: readonly Action[] = action === "push" ? ["pull", "push"] : [action];
  const scopes = [formatScope(route.repository, wanted)];
  const from = query.get("from");
  if (route.kind === "uploads" && query.has("mount") && from && /^[a-z0-9._/-]{1,255}$/.test(from))
    scopes.push(formatScope(from, ["pull"]));
  return scopes.join(" ");
}
