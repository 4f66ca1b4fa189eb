import type { FileHandle } from "node:fs/promises";
import type { ByteRange, TakePiece } from "../blob-store.ts";
import type { PieceBuffers } from "./piece-buffers.ts";

/** What is passed on of a file, and with which memory. */
export interface FilePassing {
  readonly range: ByteRange | undefined;
  readonly take: TakePiece;
  readonly buffers: PieceBuffers;
  readonly signal: AbortSignal | undefined;
}

/** Reads a file into two buffers in turn: one is filled while the other is being taken. */
export async function passFile(file: FileHandle, { range, take, buffers, signal }: FilePassing): Promise<void> {
  const { size } = await file.stat();
  const end = Math.min(range?.end ?? size, size);
  const pair = [buffers.take(), buffers.take()].map((buffer) => ({ buffer, taken: Promise.resolve() }));
  let at = range?.start ?? 0;
  for (let turn = 0; at < end; turn++) {
    const one = pair[turn % 2];
    if (one === undefined) break;
    await one.taken;
    signal?.throwIfAborted();
    const { bytesRead } = await file.read(one.buffer, 0, Math.min(one.buffer.length, end - at), at);
    if (bytesRead === 0) throw new Error("a blob became shorter while it was read");
    at += bytesRead;
    one.taken = take(one.buffer.subarray(0, bytesRead));
    one.taken.catch(() => undefined); // awaited in its turn
  }
  await Promise.all(pair.map(({ taken }) => taken));
  // Not after a failure: whoever was taking may still hold them.
  for (const { buffer } of pair) buffers.giveBack(buffer);
}
