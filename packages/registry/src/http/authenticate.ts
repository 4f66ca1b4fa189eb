import { credentialsMissing, credentialsWrong, notPermitted, requestInvalid, scopeInsufficient } from "../problems.ts";
import { type Action, askAccess, type Identity } from "../tokens/access.ts";
import type { Exchange } from "./exchange.ts";

const MAX_HEADER = 16 * 1024;
const MAX_PASSWORD = 8 * 1024;

/** A name and a password, of a Basic header or a form. */
export interface Login {
  readonly username: string;
  readonly password: string;
}

/**
 * Who the caller is: by token, by password, or nobody in particular.
 *
 * @throws {Problem} `credentials_missing`, `credentials_wrong`
 */
export async function authenticate(exchange: Exchange): Promise<Identity> {
  const { context, signal } = exchange;
  const header = exchange.request.headers.authorization;
  if (header === undefined) {
    if (!context.anonymous) throw credentialsMissing();
    return askAccess(context.access, context.anonymous, { by: "nothing", signal });
  }
  const token = /^bearer +(\S+) *$/i.exec(header.slice(0, MAX_HEADER))?.[1];
  if (token !== undefined) {
    const identity = await context.signer.verify(token);
    if (!identity) throw credentialsWrong();
    return identity;
  }
  return await identify(exchange, parseBasic(header));
}

/** @throws {Problem} `credentials_wrong` */
export async function identify({ context, signal }: Exchange, login: Login | undefined): Promise<Identity> {
  if (!login || login.password.length > MAX_PASSWORD) throw credentialsWrong();
  const caller = await context.access.identify(login.username, login.password, signal);
  if (!caller) throw credentialsWrong();
  return askAccess(context.access, caller, { by: "password", signal });
}

/** RFC 7617: the first colon ends the name. */
export function parseBasic(header: string): Login | undefined {
  const encoded = /^basic +([a-z0-9+/]+=*) *$/i.exec(header.slice(0, MAX_HEADER))?.[1];
  if (encoded === undefined) return undefined;
  const text = Buffer.from(encoded, "base64").toString("utf8");
  const colon = text.indexOf(":");
  return colon < 0 ? undefined : { username: text.slice(0, colon), password: text.slice(colon + 1) };
}

/**
 * Why somebody may not. A token that does not suffice is answered with what would; a password that does not, is told so:
 * another one would be needed.
 *
 * @returns the {@link Problem} `scope_insufficient`, `not_permitted` or `credentials_missing`
 */
export function refusalOf({ by }: Identity, action: Action, repository: string): Error {
  switch (by) {
    case "token":
      return scopeInsufficient(action, repository);
    case "nothing":
      return credentialsMissing();
    case "password":
      return notPermitted(action, repository);
    default:
      return requestInvalid("unknown kind of identity");
  }
}
