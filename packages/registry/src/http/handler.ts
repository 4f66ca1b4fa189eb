import { isProblem, messageOf } from "@opendepot/base";
import type { Context } from "../context.ts";
import { registryClosing } from "../problems.ts";
import { authenticate } from "./authenticate.ts";
import { serveBlob } from "./blobs.ts";
import { actionOf, challengeFor } from "./challenge.ts";
import type { Exchange } from "./exchange.ts";
import { serveManifest } from "./manifests.ts";
import type { RegistryRequest, RegistryResponse } from "./messages.ts";
import { toErrorAnswer } from "./problem-response.ts";
import { serveReferrers } from "./referrers.ts";
import { parseRoute, type Route } from "./route.ts";
import { type Headers, sendJson } from "./send.ts";
import { serveTags } from "./tags.ts";
import { serveToken } from "./token.ts";
import { serveUpload, serveUploads } from "./uploads.ts";
import { demandView } from "./view.ts";

/** How long the rest of a body is taken in after its refusal, so that the client comes to read the answer. */
const DISCARD_MS = 5_000;

/** Answers one request, whatever comes of it; resolves when there is nothing left to do for it. */
export async function handle(context: Context, request: RegistryRequest, response: RegistryResponse): Promise<void> {
  const { pathname, search } = splitTarget(request.url ?? "/");
  const left = new AbortController();
  const onClose = (): void => left.abort(new Error("the client has gone"));
  response.once("close", onClose);
  const exchange: Exchange = {
    context,
    request,
    response,
    method: (request.method ?? "GET").toUpperCase(),
    path: pathname,
    query: new URLSearchParams(search),
    left: left.signal,
    signal: AbortSignal.any([left.signal, context.closing]),
  };
  // Only headers decide here; a body that breaks off is told to whoever reads it.
  request.on("error", () => undefined);
  response.on("error", () => undefined);
  try {
    if (context.closing.aborted) throw registryClosing();
    if (pathname === context.tokenPath) await serveToken(exchange);
    else await serveApi(exchange);
  } catch (error) {
    fail(exchange, error);
  } finally {
    response.off("close", onClose);
  }
}

async function serveApi(exchange: Exchange): Promise<void> {
  const route = routeOf(exchange);
  const identity = await authenticate(exchange);
  if (route instanceof Error) throw route;
  if (route.kind === "base") return sendJson(exchange, 200, {});
  const { repository } = route;
  const view = await demandView(exchange, { identity, action: actionOf(exchange.method, route), repository });
  const known = { ...exchange, identity, view };
  switch (route.kind) {
    case "blob":
      return await serveBlob(known, route);
    case "uploads":
      return await serveUploads(known, route);
    case "upload":
      return await serveUpload(known, route);
    case "manifest":
      return await serveManifest(known, route);
    case "tags":
      return await serveTags(known, route);
    case "referrers":
      return await serveReferrers(known, route);
  }
}

/** A path that makes no sense is nobody's business who has not said who he is. */
function routeOf({ path }: Exchange): Route | Error {
  try {
    return parseRoute(path);
  } catch (error) {
    if (isProblem(error)) return error;
    throw error;
  }
}

function fail(exchange: Exchange, error: unknown): void {
  const { response, context, method, path, left } = exchange;
  const answer = toErrorAnswer(error);
  if (left.aborted) return;
  if (answer.isBug) {
    const code = isProblem(error) ? error.code : undefined;
    context.logger.error("request failed", { method, path, status: answer.status, code, error: messageOf(error) });
  }
  if (response.headersSent) {
    response.destroy(); // a broken answer must not look like a whole one
    return;
  }
  sendJson(exchange, answer.status, answer.body, { ...challenge(exchange, answer.status, error), ...more(error) });
  discardRest(exchange);
}

function challenge(exchange: Exchange, status: number, error: unknown): Headers {
  if (status !== 401) return {};
  const route = routeOf(exchange);
  const words = isProblem(error, "scope_insufficient")
    ? "insufficient_scope"
    : isProblem(error, "credentials_wrong")
      ? "invalid_token"
      : undefined;
  try {
    return { "www-authenticate": challengeFor(exchange, route instanceof Error ? undefined : route, words) };
  } catch {
    return {}; // no Host to speak of: nowhere to send the client
  }
}

/** What goes with some refusals. */
function more(error: unknown): Headers {
  if (isProblem(error, "upload_offset_wrong")) {
    const size = Number(error.detail["size"]);
    return { range: `0-${Math.max(0, size - 1)}` };
  }
  if (isProblem(error, "range_unsatisfiable")) return { "content-range": `bytes */${error.detail["size"]}` };
  if (isProblem(error, "too_many_uploads")) return { "retry-after": "10" };
  return {};
}

/** The client may be in the middle of sending: what it sends is thrown away for a while, then it is cut. */
function discardRest({ request }: Exchange): void {
  if (request.readableEnded || request.destroyed) return;
  // Whoever waits for a piece that never comes has a say in whether the rest flows.
  request.removeAllListeners("readable");
  setImmediate(() => request.resume());
  const timer = setTimeout(() => request.destroy(), DISCARD_MS);
  const stop = (): void => clearTimeout(timer);
  request.once("end", stop);
  request.once("close", stop);
}

function splitTarget(target: string): { pathname: string; search: string } {
  const at = target.indexOf("?");
  return at < 0 ? { pathname: target, search: "" } : { pathname: target.slice(0, at), search: target.slice(at + 1) };
}
