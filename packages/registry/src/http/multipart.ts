import { randomUUID } from "node:crypto";
import type { Readable } from "node:stream";
import type { ByteRange } from "./range.ts";

/** Between ranges that are this close, reading on is cheaper than reading anew. */
const NEAR_BYTES = 256 * 1024;

/** What an answer with several parts is made of. */
export interface MultipartOptions {
  /** Ascending, none empty, none overlapping another. */
  readonly ranges: readonly ByteRange[];
  /** Bytes of the whole. */
  readonly size: number;
  /** Of the whole. */
  readonly contentType: string;
  /** Opens a part of the whole; it is destroyed here. */
  readonly open: (range: ByteRange) => Promise<Readable>;
}

/** Several parts of one whole as a body of their own. */
export interface Multipart {
  readonly contentType: string;
  /** Bytes of the body. */
  readonly length: number;
  /** The body, to be read once; what `open` throws passes through. */
  readonly body: AsyncIterable<Uint8Array>;
}

/**
 * Makes a `multipart/byteranges` body: RFC 9110 section 14.6. There is a part for each range, in their order, also for
 * those that touch: containers/image counts the parts.
 */
export function createMultipart({ ranges, size, contentType, open }: MultipartOptions): Multipart {
  const boundary = randomUUID();
  const parts = ranges.map((range, index) => {
    const lines = [
      `${index === 0 ? "" : "\r\n"}--${boundary}`,
      `content-type: ${contentType}`,
      `content-range: bytes ${range.start}-${range.end - 1}/${size}`,
    ];
    return { ...range, head: Buffer.from(`${lines.join("\r\n")}\r\n\r\n`) };
  });
  const tail = Buffer.from(`\r\n--${boundary}--\r\n`);
  return {
    contentType: `multipart/byteranges; boundary=${boundary}`,
    length: parts.reduce((sum, { head, start, end }) => sum + head.length + end - start, tail.length),
    body: (async function* () {
      for (const run of toRuns(parts)) yield* cut(run, open);
      yield tail;
    })(),
  };
}

interface Part extends ByteRange {
  /** What stands before its bytes. */
  readonly head: Uint8Array;
}

/** Parts that one reading serves. */
function toRuns(parts: readonly Part[]): Part[][] {
  const runs: Part[][] = [];
  for (const part of parts) {
    const run = runs.at(-1);
    const before = run?.at(-1);
    if (run && before && part.start - before.end <= NEAR_BYTES) run.push(part);
    else runs.push([part]);
  }
  return runs;
}

async function* cut(run: readonly Part[], open: MultipartOptions["open"]): AsyncGenerator<Uint8Array> {
  const waiting = [...run];
  const stream = await open({ start: run[0]?.start ?? 0, end: run.at(-1)?.end ?? 0 });
  try {
    let at = run[0]?.start ?? 0;
    for await (const piece of stream as AsyncIterable<Uint8Array>) {
      const end = at + piece.length;
      for (let part = waiting[0]; part && part.start < end; part = waiting[0]) {
        if (part.start >= at) yield part.head;
        yield piece.subarray(Math.max(0, part.start - at), Math.min(piece.length, part.end - at));
        if (part.end > end) break;
        waiting.shift();
      }
      at = end;
    }
  } finally {
    stream.destroy();
  }
  if (waiting.length > 0) throw new Error("a blob became shorter while it was read");
}
