import { createHmac, createPrivateKey, createPublicKey, type KeyObject, sign } from "node:crypto";

/** DER of a PKCS #8 Ed25519 key up to its 32-byte seed: RFC 8410 section 7. */
const PKCS8_PREFIX = Buffer.from("302e020100300506032b657004220420", "hex");

const KEY_BYTES = 32;

/**
 * The key by which the engine recognises clients that have the same credentials for a registry, without learning
 * them: Ed25519 from HMAC-SHA256 with the engine's salt as key, over the client's seed, or over nothing when there
 * are no credentials. BuildKit `session/auth/authprovider` `getAuthorityKey`.
 */
export function createAuthorityKey(salt: Uint8Array, seed: Uint8Array | undefined): KeyObject {
  const mac = createHmac("sha256", salt);
  if (seed) mac.update(seed);
  return createPrivateKey({ key: Buffer.concat([PKCS8_PREFIX, mac.digest()]), format: "der", type: "pkcs8" });
}

/** The 32 bytes of the public half. */
export function publicBytes(key: KeyObject): Uint8Array {
  return createPublicKey(key).export({ format: "der", type: "spki" }).subarray(-KEY_BYTES);
}

/** NaCl's `sign`: the signature with the payload behind it. */
export function signPayload(key: KeyObject, payload: Uint8Array): Uint8Array {
  return Buffer.concat([sign(undefined, payload, key), payload]);
}
