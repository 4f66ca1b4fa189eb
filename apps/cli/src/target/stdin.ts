import { Problem } from "@opendepot/base";
import type { CliProblemCode } from "../problems.ts";

/** What was found on stdin: an archive, to be read on, or the text of a Dockerfile. */
export type StdinContent =
  | { readonly kind: "archive"; readonly stream: AsyncIterable<Uint8Array> }
  | { readonly kind: "text"; readonly text: Uint8Array };

/** More than any Dockerfile has. */
const MAX_TEXT_BYTES = 16 * 1024 * 1024;
/** Enough to know an archive by: one tar header, or its first bytes when compressed. */
const PEEK_BYTES = 512;

/**
 * Looks at the first bytes of stdin to tell an archive from a Dockerfile, as docker does.
 *
 * @throws {Problem} `dockerfile_unreadable` when it is neither
 */
export async function readStdinContent(stdin: AsyncIterable<Uint8Array>): Promise<StdinContent> {
  const iterator = stdin[Symbol.asyncIterator]();
  const head: Uint8Array[] = [];
  let bytes = 0;
  while (bytes < PEEK_BYTES) {
    const { value, done } = await iterator.next();
    if (done) break;
    head.push(value);
    bytes += value.length;
  }
  const start = Buffer.concat(head);
  if (isArchive(start)) return { kind: "archive", stream: join(start, iterator) };
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

/** bzip2, gzip, xz, zstd. */
const COMPRESSED = ["425a68", "1f8b08", "fd377a585a00", "28b52ffd"].map((hex) => Buffer.from(hex, "hex"));

/** Whether bytes begin a tar archive, compressed or not. */
export function isArchive(start: Buffer): boolean {
  return COMPRESSED.some((magic) => start.subarray(0, magic.length).equals(magic)) || isTarHeader(start);
}

/** A header's checksum is that of its bytes, its own eight taken as spaces: POSIX pax, "ustar Header Block". */
function isTarHeader(start: Buffer): boolean {
  if (start.length < PEEK_BYTES) return false;
  const header = start.subarray(0, PEEK_BYTES);
  const written = Number.parseInt(header.toString("latin1", 148, 156).replaceAll("\0", " ").trim(), 8);
  const sum = header.reduce((total, byte, at) => total + (at >= 148 && at < 156 ? 0x20 : byte), 0);
  return sum === written && header.some((byte) => byte !== 0);
}

function neitherNor(): Problem<CliProblemCode> {
  return new Problem("dockerfile_unreadable", "stdin is no archive, and too long for a Dockerfile", {
    hint: "pipe a tar archive, compressed with gzip, bzip2, xz or zstd or not at all",
  });
}
