import { createHash, randomBytes } from "node:crypto";
import { Secret } from "@opendepot/base";
import type { TokenKind } from "../database/tables.ts";

/** Tells people and secret scanners what they look at. */
const PREFIX: Readonly<Record<TokenKind, string>> = {
  user: "odu_",
  organization: "odo_",
  project: "odp_",
  build: "odb_",
  pull: "odr_",
};

const SECRET_BYTES = 32;
/** Longer ones are none of ours and are not worth hashing. */
const MAX_LENGTH = 128;

/** A new token: the text leaves once, the hash is kept. */
export interface FreshToken {
  readonly text: Secret;
  readonly hash: Buffer;
}

/** Makes a token of 256 random bits. */
export function createToken(kind: TokenKind): FreshToken {
  const text = PREFIX[kind] + randomBytes(SECRET_BYTES).toString("base64url");
  return { text: new Secret(text), hash: sha256(text) };
}

/** What a token is stored and found by; undefined when the text cannot be a token of ours. */
export function hashToken(text: string): Buffer | undefined {
  if (text.length > MAX_LENGTH || !Object.values(PREFIX).some((prefix) => text.startsWith(prefix))) return undefined;
  return sha256(text);
}

// Tokens are random, so a plain hash cannot be searched; no salt or slow hash is needed.
function sha256(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
