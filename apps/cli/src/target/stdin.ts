import { Problem } from "@opendepot/base";
import type { CliProblemCode } from "../problems.ts";

/** What was found on stdin: an archive, to be read on, or the text of a Dockerfile. */
export type StdinContent =
  | { readonly kind: "archive"; readonly stream: AsyncIterable<Uint8Array> }
  | { readonly kind: "text"; readonly text: Uint8Array };

/** More than any Dockerfile has. */
const MAX_TEXT_BYTES = 16 * 1024 * 1024;

/**
 * Looks at the first bytes of stdin to tell an archive from a Dockerfile, as docker does.
 *
 * @throws {Problem} `dockerfile_unreadable` when it is neither
 */
export async function readStdinContent(stdin: AsyncIterable<Uint8Array>): Promise<StdinContent> {
  const { ARCHIVE_HEAD_BYTES, isArchiveHead } = await import("@opendepot/buildkit");
  const iterator = stdin[Symbol.asyncIterator]();
  const head: Uint8Array[] = [];
  let bytes = 0;
  while (bytes < ARCHIVE_HEAD_BYTES) {
    const { value, done } = await iterator.next();
    if (done) break;
    head.push(value);
    bytes += value.length;
  }
  const start = Buffer.concat(head);
  if (isArchiveHead(start)) return { kind: "archive", stream: join(start, iterator) };
  const pieces: Uint8Array[] = [start];
  for await (const piece of { [Symbol.asyncIterator]: () => iterator }) {
    bytes += piece.length;
    if (bytes > MAX_TEXT_BYTES) throw neitherNor();
    pieces.push(piece);
  }
  return { kind: "text", text: Buffer.concat(pieces) };
}

async function* join(start: Uint8Array, rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield start;
  yield* { [Symbol.asyncIterator]: () => rest };
}

function neitherNor(): Problem<CliProblemCode> {
  return new Problem("dockerfile_unreadable", "stdin is no archive, and too long for a Dockerfile", {
    hint: "pipe a tar archive, compressed with gzip, bzip2, xz or zstd or not at all",
  });
}
