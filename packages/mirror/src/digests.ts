import { createHash, type Hash } from "node:crypto";
import { type Digest, isDigest, splitDigest } from "@opendepot/oci";

/** Whether content may be kept by this digest. */
export function isKeptDigest(text: string): text is Digest {
  return isDigest(text) && !text.startsWith("sha384:");
}

/** Finds out whether content, piece by piece, is what a digest says. */
export class DigestCheck {
  readonly #digest: Digest;
  readonly #hash: Hash;

  constructor(digest: Digest) {
    this.#digest = digest;
    this.#hash = createHash(splitDigest(digest).algorithm);
  }

  update(piece: Uint8Array): void {
    this.#hash.update(piece);
  }

  /** Can be asked once. */
  holds(): boolean {
    return this.#hash.digest("hex") === splitDigest(this.#digest).hex;
  }
}

/** Whether `bytes` are what `digest` says. */
export function isDigestOf(digest: Digest, bytes: Uint8Array): boolean {
  const check = new DigestCheck(digest);
  check.update(bytes);
  return check.holds();
}
