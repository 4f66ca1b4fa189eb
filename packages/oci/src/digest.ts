import { createHash } from "node:crypto";
import { digestInvalid } from "./problems.ts";

/** A content digest that was checked: `algorithm:hex`. */
export type Digest = `${string}:${string}` & { readonly __brand: "Digest" };

const DIGEST = /^(?:sha256:[a-f0-9]{64}|sha384:[a-f0-9]{96}|sha512:[a-f0-9]{128})$/;

/** Tells whether `text` is a digest of a registered algorithm, in lower-case hex. */
export function isDigest(text: string): text is Digest {
  return DIGEST.test(text);
}

/**
 * Reads a content digest: OCI image-spec v1.1, descriptor.md, "Digests"; sha384 is what go-digest knows beside.
 *
 * @throws {Problem} `digest_invalid`
 */
export function parseDigest(text: string): Digest {
  if (!isDigest(text)) throw digestInvalid(text);
  return text;
}

/** The algorithm and the hex part. */
export function splitDigest(digest: Digest): { readonly algorithm: string; readonly hex: string } {
  const colon = digest.indexOf(":");
  return { algorithm: digest.slice(0, colon), hex: digest.slice(colon + 1) };
}

/** The sha256 digest of `bytes`. */
export function digestOf(bytes: Uint8Array): Digest {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}` as Digest; // the algorithm's own output
}
