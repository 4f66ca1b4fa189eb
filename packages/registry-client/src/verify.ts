import { createHash } from "node:crypto";
import { type Digest, splitDigest } from "@opendepot/oci";
import { registryAnswerInvalid } from "./problems.ts";

/** Whether `bytes` are what `digest` stands for. */
export function isDigestOf(digest: Digest, bytes: Uint8Array): boolean {
  const { algorithm, hex } = splitDigest(digest);
  return createHash(algorithm).update(bytes).digest("hex") === hex;
}

/** What a stream of content must turn out to be. */
export interface Expected {
  readonly digest: Digest;
  /** Bytes, when known. */
  readonly size: number | undefined;
  /** Whose registry it comes from, for people. */
  readonly name: string;
}

/**
 * Passes content through and checks it on the way. The last piece is held back until all is proven right, so that
 * whoever reads to the end has read the right thing.
 *
 * @throws {Problem} `registry_answer_invalid` when it is too long, too short or not what the digest says
 */
export async function* verified(
  content: AsyncIterable<Uint8Array>,
  { digest, size, name }: Expected,
): AsyncGenerator<Uint8Array, void, undefined> {
  const { algorithm, hex } = splitDigest(digest);
  const hash = createHash(algorithm);
  let bytes = 0;
  let held: Uint8Array | undefined;
  for await (const piece of content) {
    bytes += piece.length;
    if (size !== undefined && bytes > size) throw registryAnswerInvalid(name, `${digest} is longer than ${size} bytes`);
    hash.update(piece);
    if (held !== undefined) yield held;
    held = piece;
  }
  if (size !== undefined && bytes < size) {
    throw registryAnswerInvalid(name, `${digest} ends after ${bytes} of ${size} bytes`);
  }
  if (hash.digest("hex") !== hex) throw registryAnswerInvalid(name, `what it sends as ${digest} is something else`);
  if (held !== undefined) yield held;
}
