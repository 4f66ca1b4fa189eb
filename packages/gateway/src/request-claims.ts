import { LOCAL_SESSION_PREFIX, type RequestShape } from "./policy.ts";
import { textOf, wireFields } from "./wire-fields.ts";

/** What a request says that it belongs to and asks for; every occurrence, as decoders differ in which one they keep. */
export interface RequestClaims {
  readonly refs: ReadonlySet<string>;
  readonly sessions: ReadonlySet<string>;
  readonly entitlements: ReadonlySet<string>;
  /** How layers are to be compressed. */
  readonly compressions: ReadonlySet<string>;
}

/**
 * Reads a request only as far as the policy needs it.
 *
 * @throws {Problem} `call_malformed`
 */
export function readClaims(message: Uint8Array, shape: RequestShape): RequestClaims {
  const claims = {
    refs: new Set<string>(),
    sessions: new Set<string>(),
    entitlements: new Set<string>(),
    compressions: new Set<string>(),
  };
  for (const { number, bytes } of wireFields(message)) {
    if (number === shape.ref) claims.refs.add(textOf(bytes));
    else if (shape.sessions?.includes(number)) claims.sessions.add(textOf(bytes));
    else if (number === shape.entitlements) claims.entitlements.add(textOf(bytes));
    else if (number === shape.attributes) addSessions(claims.sessions, bytes);
    for (const [first, ...way] of shape.exports ?? []) {
      if (number === first) addCompressions(claims.compressions, bytes, way);
    }
  }
  // Proto3 leaves an empty string out or writes it; both mean none.
  claims.sessions.delete("");
  return claims;
}

function addSessions(sessions: Set<string>, entry: Uint8Array | undefined): void {
  addValues(sessions, entry, (key) => key.startsWith(LOCAL_SESSION_PREFIX));
}

function addCompressions(found: Set<string>, bytes: Uint8Array | undefined, way: readonly number[]): void {
  const [next, ...rest] = way;
  if (next === undefined) {
    addValues(found, bytes, (key) => key === "compression");
    return;
  }
  for (const field of wireFields(bytes ?? new Uint8Array(0))) {
    if (field.number === next) addCompressions(found, field.bytes, rest);
  }
}

/** A map entry has its key in field 1 and its value in field 2; either may come first, or twice. */
function addValues(found: Set<string>, entry: Uint8Array | undefined, isWanted: (key: string) => boolean): void {
  let isFound = false;
  const values: (Uint8Array | undefined)[] = [];
  for (const { number, bytes } of wireFields(entry ?? new Uint8Array(0))) {
    if (number === 1) isFound ||= isWanted(textOf(bytes));
    else if (number === 2) values.push(bytes);
  }
  if (isFound) for (const value of values) found.add(textOf(value));
}
