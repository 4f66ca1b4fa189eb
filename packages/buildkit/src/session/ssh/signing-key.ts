import { createPublicKey, type JsonWebKey, type KeyObject, sign } from "node:crypto";
import { sshMpint, sshString } from "./ssh-wire.ts";

/** Flags of a signing request: draft-ietf-sshm-ssh-agent section 3.6.1. */
const RSA_SHA2_256 = 2;
const RSA_SHA2_512 = 4;

/** A key that an agent offers. */
export interface SigningKey {
  /** The public key as SSH writes it: RFC 4253 section 6.6, RFC 5656, RFC 8709. */
  readonly publicBlob: Buffer;
  /** An SSH signature of `data`; `flags` choose the hash of RSA keys. */
  sign(data: Uint8Array, flags: number): Buffer;
}

/** Undefined for kinds of keys that SSH agents of today do not sign with. */
export function createSigningKey(key: KeyObject): SigningKey | undefined {
  const jwk = createPublicKey(key).export({ format: "jwk" });
  switch (key.asymmetricKeyType) {
    case "ed25519":
      return ed25519Key(key, jwk);
    case "ec":
      return ecdsaKey(key, jwk);
    case "rsa":
      return rsaKey(key, jwk);
    default:
      return undefined;
  }
}

function ed25519Key(key: KeyObject, jwk: JsonWebKey): SigningKey {
  return {
    publicBlob: Buffer.concat([sshString("ssh-ed25519"), sshString(bytesOf(jwk.x))]),
    sign: (data) => signature("ssh-ed25519", sign(undefined, data, key)),
  };
}

const ECDSA: Readonly<Record<string, { readonly curve: string; readonly hash: string }>> = {
  "P-256": { curve: "nistp256", hash: "sha256" },
  "P-384": { curve: "nistp384", hash: "sha384" },
  "P-521": { curve: "nistp521", hash: "sha512" },
};

function ecdsaKey(key: KeyObject, jwk: JsonWebKey): SigningKey | undefined {
  const known = ECDSA[jwk.crv ?? ""];
  if (!known) return undefined;
  const algorithm = `ecdsa-sha2-${known.curve}`;
  const point = Buffer.concat([Buffer.of(4), bytesOf(jwk.x), bytesOf(jwk.y)]);
  return {
    publicBlob: Buffer.concat([sshString(algorithm), sshString(known.curve), sshString(point)]),
    sign: (data) => {
      const both = sign(known.hash, data, { key, dsaEncoding: "ieee-p1363" });
      const half = both.length / 2;
      return signature(algorithm, Buffer.concat([sshMpint(both.subarray(0, half)), sshMpint(both.subarray(half))]));
    },
  };
}

function rsaKey(key: KeyObject, jwk: JsonWebKey): SigningKey {
  return {
    publicBlob: Buffer.concat([sshString("ssh-rsa"), sshMpint(bytesOf(jwk.e)), sshMpint(bytesOf(jwk.n))]),
    sign: (data, flags) => {
      if (flags & RSA_SHA2_512) return signature("rsa-sha2-512", sign("sha512", data, key));
      if (flags & RSA_SHA2_256) return signature("rsa-sha2-256", sign("sha256", data, key));
      return signature("ssh-rsa", sign("sha1", data, key));
    },
  };
}

function signature(algorithm: string, blob: Uint8Array): Buffer {
  return Buffer.concat([sshString(algorithm), sshString(blob)]);
}

function bytesOf(value: string | undefined): Buffer {
  return Buffer.from(value ?? "", "base64url");
}
