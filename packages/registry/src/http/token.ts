import { credentialsMissing, methodUnsupported, tokenRequestInvalid } from "../problems.ts";
import { type Action, askAccess, type Identity, type Right } from "../tokens/access.ts";
import { type Grant, parseScopes, type Scope } from "../tokens/scope.ts";
import { identify, parseBasic } from "./authenticate.ts";
import { readWholeBody } from "./body.ts";
import type { Exchange } from "./exchange.ts";
import { sendJson } from "./send.ts";

const MAX_FORM_BYTES = 64 * 1024;

/**
 * Tokens for those who prove who they are: GET with Basic, as docker and most others ask, and the POST form of OAuth 2,
 * as BuildKit and containerd ask first. What is granted is what was asked for, as far as the caller may do it; asking
 * for too much is no error. Refresh tokens are not given out: they would be passwords that cannot be taken back.
 */
export async function serveToken(exchange: Exchange): Promise<void> {
  const { method, query } = exchange;
  if (method === "GET" || method === "HEAD") {
    const identity = await identityOfGet(exchange);
    return await answer(exchange, identity, query.getAll("scope"));
  }
  if (method !== "POST") throw methodUnsupported(method);
  const form = await readForm(exchange);
  const grant = form.get("grant_type");
  if (grant !== "password") throw tokenRequestInvalid("the grant_type has to be password");
  const login = { username: form.get("username") ?? "", password: form.get("password") ?? "" };
  await answer(exchange, await identify(exchange, login), form.getAll("scope"));
}

async function identityOfGet(exchange: Exchange): Promise<Identity> {
  const { context, request, signal } = exchange;
  const header = request.headers.authorization;
  if (header !== undefined) return await identify(exchange, parseBasic(header));
  if (!context.anonymous) throw credentialsMissing();
  return askAccess(context.access, context.anonymous, { by: "nothing", signal });
}

async function answer(exchange: Exchange, identity: Identity, scopes: readonly string[]): Promise<void> {
  const granted = await Promise.all(parseScopes(scopes).map((scope) => grant(identity, scope)));
  const { token, issuedAt, expiresInSeconds } = await exchange.context.signer.issue(identity.caller.id, granted);
  const body = { token, access_token: token, expires_in: expiresInSeconds, issued_at: issuedAt.toISOString() };
  sendJson(exchange, 200, body, { "cache-control": "no-store" });
}

async function grant(identity: Identity, { repository, actions }: Scope): Promise<Grant> {
  const rights = await Promise.all([...actions].map((action) => rightFor(identity, action, repository)));
  return { repository, rights: new Set(rights.filter((right) => right !== undefined)) };
}

/** Whoever asks to pull and may pull a part gets the part: clients know no word for it. */
async function rightFor(identity: Identity, action: Action, repository: string): Promise<Right | undefined> {
  if (await identity.allows(action, repository)) return action;
  if (action !== "pull") return undefined;
  return (await identity.allows("pull-granted", repository)) ? "pull-granted" : undefined;
}

async function readForm({ request, context }: Exchange): Promise<URLSearchParams> {
  const type = request.headers["content-type"]?.split(";")[0]?.trim().toLowerCase();
  if (type !== "application/x-www-form-urlencoded") throw tokenRequestInvalid("a form is wanted");
  const tooLarge = (): Error => tokenRequestInvalid("the form is too large");
  const { idleMs } = context.limits;
  return new URLSearchParams((await readWholeBody(request, { maxBytes: MAX_FORM_BYTES, idleMs, tooLarge })).toString());
}
