import { LOCAL_SESSION_PREFIX, type RequestShape } from "./policy.ts";
import { textOf, wireFields } from "./wire-fields.ts";

/** What a request says that it belongs to and asks for; every occurrence, as decoders differ in which one they keep. */
export interface RequestClaims {
  readonly refs: ReadonlySet<string>;
  readonly sessions: ReadonlySet<string>;
  readonly entitlements: ReadonlySet<string>;
}

/**
 * Reads a request only as far as the policy needs it.
 *
 * @throws {Problem} `call_malformed`
 */
export function readClaims(message: Uint8Array, shape: RequestShape): RequestClaims {
  const claims = { refs: new Set<string>(), sessions: new Set<string>(), entitlements: new Set<string>() };
  for (const { number, bytes } of wireFields(message)) {
    if (number === shape.ref) claims.refs.add(textOf(bytes));
    else if (shape.sessions?.includes(number)) claims.sessions.add(textOf(bytes));
    else if (number === shape.entitlements) claims.entitlements.add(textOf(bytes));
    else if (number === shape.attributes) addSessions(claims.sessions, bytes);
  }
  // Proto3 leaves an empty string out or writes it; both mean none.
  claims.sessions.delete("");
  return claims;
}

/** A map entry has its key in field 1 and its value in field 2; either may come first, or twice. */
function addSessions(sessions: Set<string>, entry: Uint8Array | undefined): void {
  let isSession = false;
  const values: (Uint8Array | undefined)[] = [];
  for (const { number, bytes } of wireFields(entry ?? new Uint8Array(0))) {
    if (number === 1) isSession ||= textOf(bytes).startsWith(LOCAL_SESSION_PREFIX);
    else if (number === 2) values.push(bytes);
  }
  if (isSession) for (const value of values) sessions.add(textOf(value));
}
