import { anySignal, messageOf } from "@opendepot/base";
import type { FetchTokenRequest } from "../../gen/moby/filesync/v1/auth.ts";
import { tokenRefused } from "../problems.ts";
import type { RegistryAuth } from "./docker-config.ts";
import { parseJson } from "./parse-json.ts";

/** How long a token server may take; the engine gives up after 60 s. */
const TIMEOUT_MS = 30_000;

const MAX_ANSWER_BYTES = 1024 * 1024;

/** Distribution spec "Token Authentication": what a token without `expires_in` lives for. */
const DEFAULT_EXPIRES_IN_S = 60;

/** Answers of servers that have no POST, or do not take it: then the old way is tried. */
const TRY_GET = new Set([404, 401]);

/** A bearer token for a registry. */
export interface RegistryToken {
  readonly token: string;
  readonly expiresInS: number;
  /** Unix seconds; 0 when the server does not say. */
  readonly issuedAtS: number;
}

/** How tokens are fetched. */
export interface TokenFetchOptions {
  readonly auth: RegistryAuth;
  readonly fetch: typeof fetch;
  readonly signal: AbortSignal;
}

/**
 * Fetches a token from a registry's token server: with credentials by OAuth POST, or by GET where the server wants
 * that; without, anonymously. Credentials go to `request.realm`, which the registry named to the engine.
 * BuildKit `session/auth/authprovider` `FetchToken`; containerd `core/remotes/docker/auth`.
 *
 * @throws {Problem} `registry_token_refused`
 */
export async function fetchToken(request: FetchTokenRequest, options: TokenFetchOptions): Promise<RegistryToken> {
  const { auth } = options;
  if (auth.registryToken !== "") {
    return { token: auth.registryToken, expiresInS: DEFAULT_EXPIRES_IN_S, issuedAtS: 0 };
  }
  const [username, secret] = auth.identityToken ? ["", auth.identityToken] : [auth.username, auth.password];
  if (secret === "") return await readToken(request, await send(request, getRequest(request), options));
  const posted = await send(request, postRequest(request, username, secret), options);
  const isUnwanted = TRY_GET.has(posted.status) || (posted.status === 405 && username !== "");
  if (!isUnwanted) return await readToken(request, posted);
  await posted.body?.cancel();
  return await readToken(request, await send(request, getRequest(request, `${username}:${secret}`), options));
}

interface TokenCall {
  readonly url: URL;
  readonly init: RequestInit;
}

function postRequest(request: FetchTokenRequest, username: string, secret: string): TokenCall {
  const form = new URLSearchParams({ service: request.service, client_id: "buildkit-client" });
  if (request.scopes.length > 0) form.set("scope", request.scopes.join(" "));
  const grant = username
    ? { grant_type: "password", username, password: secret }
    : { grant_type: "refresh_token", refresh_token: secret };
  for (const [name, value] of Object.entries(grant)) form.set(name, value);
  return { url: realmOf(request), init: { method: "POST", body: form } };
}

function getRequest(request: FetchTokenRequest, credentials?: string): TokenCall {
  const url = realmOf(request);
  if (request.service) url.searchParams.append("service", request.service);
  for (const scope of request.scopes) url.searchParams.append("scope", scope);
  const headers =
    credentials === undefined ? {} : { authorization: `Basic ${Buffer.from(credentials).toString("base64")}` };
  return { url, init: { headers } };
}

function realmOf(request: FetchTokenRequest): URL {
  const url = URL.parse(request.realm);
  if (url?.protocol !== "https:" && url?.protocol !== "http:") {
    throw tokenRefused(request.host, `the registry named no token server but ${JSON.stringify(request.realm)}`);
  }
  [url.username, url.password] = ["", ""]; // not for us, and they would show in errors
  return url;
}

async function send(request: FetchTokenRequest, call: TokenCall, options: TokenFetchOptions): Promise<Response> {
  const signal = anySignal(options.signal, AbortSignal.timeout(TIMEOUT_MS));
  try {
    return await options.fetch(call.url, { ...call.init, signal });
  } catch (error) {
    if (options.signal.aborted) throw options.signal.reason;
    const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
    throw tokenRefused(request.host, `${call.url.host}: ${messageOf(cause)}`);
  }
}

async function readToken(request: FetchTokenRequest, response: Response): Promise<RegistryToken> {
  const server = realmOf(request).host;
  const text = await readLimited(response);
  if (!response.ok)
    throw tokenRefused(request.host, `${server} answered ${response.status} ${response.statusText}`.trim());
  const answer = Object(parseJson(text)) as Record<string, unknown>;
  const token = answer["access_token"] || answer["token"];
  if (typeof token !== "string") throw tokenRefused(request.host, `the answer of ${server} holds no token`);
  const expiresIn = Number(answer["expires_in"]);
  const issuedAt = Date.parse(String(answer["issued_at"]));
  return {
    token,
    expiresInS: Number.isSafeInteger(expiresIn) && expiresIn > 0 ? expiresIn : DEFAULT_EXPIRES_IN_S,
    issuedAtS: Number.isNaN(issuedAt) ? 0 : Math.floor(issuedAt / 1000),
  };
}

async function readLimited(response: Response): Promise<string> {
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of response.body ?? []) {
    bytes += piece.length;
    if (bytes > MAX_ANSWER_BYTES) break; // what is cut off is no JSON
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString("utf8");
}
