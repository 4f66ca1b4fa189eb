import { basicAuthorization, type RegistryCredentials } from "./credentials.ts";
import { registryAnswerInvalid } from "./problems.ts";
import { type Body, discard, type HttpAnswer, readBounded, type Transport } from "./transport.ts";

const MAX_ANSWER_BYTES = 1024 * 1024;
const CLIENT_ID = "opendepot";

/** Answers of token servers that have no POST, or do not take it: then the old way is tried, as BuildKit does. */
const TRY_GET: ReadonlySet<number> = new Set([401, 404, 405]);

/** What a token is asked for. */
export interface TokenRequest {
  /** Whose registry this is, for people. */
  readonly name: string;
  /** The token server. */
  readonly realm: URL;
  readonly service: string;
  readonly scopes: readonly string[];
  readonly credentials: RegistryCredentials | undefined;
  readonly signal: AbortSignal | undefined;
}

/** A token, or the answer that refused it, whose body is the caller's. */
export type TokenOutcome = { readonly token: string } | { readonly refused: HttpAnswer };

/**
 * Fetches a bearer token: with credentials by OAuth2 POST, or by GET where the server wants that; without, anonymously.
 * Distribution spec "Token Authentication Specification" and "OAuth2 Token Authentication".
 *
 * @throws {Problem} `registry_answer_invalid`; whatever {@link Transport.send} throws
 */
export async function fetchToken(transport: Transport, request: TokenRequest): Promise<TokenOutcome> {
  const { credentials } = request;
  if (credentials && credentials.registryToken !== "") return { token: credentials.registryToken };
  const [username, secret] = secretOf(credentials);
  if (secret === "") return await read(request, await get(transport, request, undefined));
  const posted = await post(transport, request, username, secret);
  if (!TRY_GET.has(posted.status)) return await read(request, posted);
  discard(posted);
  return await read(request, await get(transport, request, basicAuthorization(username, secret)));
}

function secretOf(credentials: RegistryCredentials | undefined): [username: string, secret: string] {
  if (!credentials) return ["", ""];
  if (credentials.identityToken !== "") return ["", credentials.identityToken];
  return [credentials.username, credentials.password];
}

async function post(
  transport: Transport,
  request: TokenRequest,
  username: string,
  secret: string,
): Promise<HttpAnswer> {
  const grant =
    username === ""
      ? { grant_type: "refresh_token", refresh_token: secret }
      : { grant_type: "password", username, password: secret };
  const { realm, service, scopes, signal } = request;
  const form = new URLSearchParams({ ...grant, service, client_id: CLIENT_ID });
  if (scopes.length > 0) form.set("scope", scopes.join(" "));
  const headers = { "content-type": "application/x-www-form-urlencoded" };
  return await transport.send({ method: "POST", url: realm, headers, body: textBody(form.toString()), signal });
}

async function get(
  transport: Transport,
  request: TokenRequest,
  authorization: string | undefined,
): Promise<HttpAnswer> {
  const url = new URL(request.realm);
  if (request.service !== "") url.searchParams.append("service", request.service);
  for (const scope of request.scopes) url.searchParams.append("scope", scope);
  const headers: Record<string, string> = authorization === undefined ? {} : { authorization };
  return await transport.send({ method: "GET", url, headers, signal: request.signal });
}

async function read(request: TokenRequest, answer: HttpAnswer): Promise<TokenOutcome> {
  if (answer.status !== 200) return { refused: answer };
  const text = await readBounded(answer, MAX_ANSWER_BYTES);
  const token = text && tokenIn(text.toString("utf8"));
  if (!token) throw registryAnswerInvalid(request.name, `its token server ${request.realm.host} gave no token`);
  return { token };
}

function tokenIn(text: string): string | undefined {
  try {
    const answer = Object(JSON.parse(text)) as Record<string, unknown>;
    const token = answer["access_token"] || answer["token"];
    // Anything else would not get into a header.
    return typeof token === "string" && /^[\x21-\x7e]+$/.test(token) ? token : undefined;
  } catch {
    return undefined;
  }
}

function textBody(text: string): Body {
  const bytes = new TextEncoder().encode(text);
  return {
    size: bytes.length,
    open: async function* () {
      yield bytes;
    },
  };
}
