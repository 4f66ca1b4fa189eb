import type { Readable, Writable } from "node:stream";

import { giveBack } from "@opendepot/base";

/** Bytes that may wait in the target before the source is held back. */
const HIGH_WATER_BYTES = 512 * 1024;

/**
 * HTTP/2 hands out bytes as views into what was read of the socket. Between the payloads of two frames lies a header of
 * this size: a chunk that begins no later, and ends with what was read, is all there is of payload in it.
 */
const FRAME_HEADER_BYTES = 9;

/**
 * Passes bytes on as they come, and holds the source back while too many wait. `pipe` would do the same a piece of 16 KiB
 * at a time: here all that arrives at once is written at once, which costs half the time. Nobody else may read the source;
 * `watch` sees each chunk before it is passed on, and must not keep it; once it says false, nothing more is.
 */
export function passBytes(source: Readable, target: Writable, watch?: (chunk: Buffer) => boolean): void {
  let isCorked = false;
  const uncork = (): void => {
    isCorked = false;
    target.uncork();
  };
  source.on("data", (chunk: Buffer) => {
    if (watch && !watch(chunk)) return;
    if (!isCorked) {
      isCorked = true;
      target.cork();
      setImmediate(uncork);
    }
    target.write(chunk, (error) => {
      if (!error) giveBack(chunk, FRAME_HEADER_BYTES); // what could not be written may still be on its way below
      if (source.isPaused() && target.writableLength <= HIGH_WATER_BYTES / 2) source.resume();
    });
    if (target.writableLength > HIGH_WATER_BYTES) source.pause();
  });
}
