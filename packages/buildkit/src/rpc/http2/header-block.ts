import { ErrorCode, Flag, FRAME_HEADER_BYTES } from "./constants.ts";
import type { Frame } from "./frame-reader.ts";
import { Http2Error } from "./http2-error.ts";

/** A frame counts this much at least: many small ones cost more than their bytes. */
const LEAST_FRAME_BYTES = 256;

/** Gathers a header block from its HEADERS and CONTINUATION frames: RFC 9113 section 4.3. */
export class HeaderBlock {
  readonly #maxBytes: number;
  #parts: Uint8Array[] = [];
  #counted = 0;
  #streamId = 0;
  /** Whether the block is under way: nothing else may come in between. */
  isOpen = false;
  /** Whether the stream ends with the block. */
  isLast = false;

  /** @param maxBytes what a block may have before it is decoded; decoding makes it no smaller, or hardly */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Takes HEADERS; gives the block when that is all of it. */
  begin(frame: Frame, payload: Uint8Array): Uint8Array | undefined {
    if (frame.streamId === 0) throw broken("headers stand on no stream");
    this.#parts = [];
    this.#counted = 0;
    this.#streamId = frame.streamId;
    this.isLast = (frame.flags & Flag.endStream) !== 0;
    return this.#add(frame, withoutPadding(frame.flags, payload));
  }

  /** Takes CONTINUATION; gives the block when it is complete. */
  proceed(frame: Frame, payload: Uint8Array): Uint8Array | undefined {
    if (!this.isOpen || frame.streamId !== this.#streamId) throw broken("a header block that was not begun goes on");
    return this.#add(frame, payload);
  }

  #add(frame: Frame, part: Uint8Array): Uint8Array | undefined {
    const isWhole = (frame.flags & Flag.endHeaders) !== 0;
    this.isOpen = !isWhole;
    if (isWhole && this.#parts.length === 0) return part;
    this.#counted += Math.max(part.length + FRAME_HEADER_BYTES, LEAST_FRAME_BYTES);
    if (this.#counted > this.#maxBytes) {
      throw new Http2Error(ErrorCode.enhanceYourCalm, `a header block has more than ${this.#maxBytes} bytes`);
    }
    // What lies in the reader's chunk is somebody else's when the next one comes.
    this.#parts.push(isWhole ? part : Buffer.from(part));
    return isWhole ? Buffer.concat(this.#parts) : undefined;
  }
}

function withoutPadding(flags: number, payload: Uint8Array): Uint8Array {
  let start = 0;
  let padding = 0;
  if (flags & Flag.padded) padding = payload[start++] ?? 0;
  if (flags & Flag.priority) start += 5;
  if (start + padding > payload.length) throw broken("there is more padding than frame");
  return payload.subarray(start, payload.length - padding);
}

function broken(what: string): Http2Error {
  return new Http2Error(ErrorCode.protocolError, `HTTP/2 was broken: ${what}`);
}
