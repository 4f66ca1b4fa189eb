import { createCipheriv, createHash } from "node:crypto";
import type { Readable } from "node:stream";

/** Bytes that nothing compresses or repeats, the same ones for the same `seed`. */
export function contentOf(seed: number, bytes: number): Buffer {
  const key = createHash("sha256").update(`content ${seed}`).digest();
  return createCipheriv("aes-256-ctr", key, Buffer.alloc(16)).update(Buffer.alloc(bytes));
}

/** The digest of `content`. */
export function digestOf(content: Uint8Array, algorithm: "sha256" | "sha512" = "sha256"): string {
  return `${algorithm}:${createHash(algorithm).update(content).digest("hex")}`;
}

/** `content` as a request brings it: piece by piece. */
export async function* inPieces(content: Uint8Array, pieceBytes = 65_536): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < content.length; at += pieceBytes) yield content.subarray(at, at + pieceBytes);
}

/** The same, and then the sender goes away. */
export async function* brokenOff(content: Uint8Array, error: Error): AsyncGenerator<Uint8Array> {
  yield* inPieces(content);
  throw error;
}

/** A body that stays open after `content` until it is told to end. */
export interface HeldBody {
  readonly body: AsyncIterable<Uint8Array>;
  /** Resolves when the store wants more than `content`. */
  readonly isWaiting: Promise<void>;
  end(): void;
}

/** A sender who falls silent after `content`. */
export function heldAfter(content: Uint8Array): HeldBody {
  const waiting = Promise.withResolvers<void>();
  const ending = Promise.withResolvers<void>();
  async function* body(): AsyncGenerator<Uint8Array> {
    yield* inPieces(content);
    waiting.resolve();
    await ending.promise;
  }
  return { body: body(), isWaiting: waiting.promise, end: () => ending.resolve() };
}

/** All that a stream brings. */
export async function allOf(stream: Readable): Promise<Buffer> {
  return Buffer.concat(await stream.toArray());
}
