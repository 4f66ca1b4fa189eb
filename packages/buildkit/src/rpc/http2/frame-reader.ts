import { ErrorCode, Flag, FRAME_HEADER_BYTES, FrameType } from "./constants.ts";
import { Http2Error } from "./http2-error.ts";

/** A frame as its header tells it. */
export interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly streamId: number;
}

/** Takes what a {@link FrameReader} finds. */
export interface FrameSink {
  /** A whole frame of any type; DATA only when it is padded or empty. */
  onFrame(frame: Frame, payload: Uint8Array): void;
  /** A piece of a DATA frame without padding; `isLast` for the last one of the frame. Not copied. */
  onData(frame: Frame, piece: Uint8Array, isLast: boolean): void;
}

/** Cuts a byte stream into frames, in whatever pieces the bytes arrive. Holds at most one frame that is not DATA. */
export class FrameReader {
  readonly #sink: FrameSink;
  readonly #maxFrameBytes: number;
  readonly #header: Buffer = Buffer.allocUnsafe(FRAME_HEADER_BYTES);
  #headerBytes = 0;
  #frame: Frame = { type: 0, flags: 0, streamId: 0 };
  /** Bytes of the frame's payload that are still to come. */
  #left = 0;
  /** The payload so far, when it has to be whole and does not lie in one chunk. */
  #payload: Buffer | undefined;

  constructor(sink: FrameSink, maxFrameBytes: number) {
    this.#sink = sink;
    this.#maxFrameBytes = maxFrameBytes;
  }

  /** @throws {Http2Error} for a frame above the limit, and whatever the sink throws */
  push(chunk: Uint8Array): void {
    let at = 0;
    while (at < chunk.length) {
      if (this.#headerBytes < FRAME_HEADER_BYTES) {
        at = this.#readHeader(chunk, at);
        if (this.#headerBytes < FRAME_HEADER_BYTES) return;
        if (this.#left === 0) this.#deliver(EMPTY);
        continue;
      }
      at = this.#readPayload(chunk, at);
    }
  }

  #readHeader(chunk: Uint8Array, start: number): number {
    let at = start;
    while (this.#headerBytes < FRAME_HEADER_BYTES && at < chunk.length) {
      this.#header[this.#headerBytes++] = chunk[at++] ?? 0;
    }
    if (this.#headerBytes < FRAME_HEADER_BYTES) return at;
    const header = this.#header;
    this.#left = header.readUIntBE(0, 3);
    this.#frame = { type: header[3] ?? 0, flags: header[4] ?? 0, streamId: header.readUInt32BE(5) & 0x7fffffff };
    if (this.#left > this.#maxFrameBytes) {
      throw new Http2Error(ErrorCode.frameSizeError, `a frame of ${this.#left} bytes is above the limit`);
    }
    return at;
  }

  #readPayload(chunk: Uint8Array, at: number): number {
    const end = Math.min(at + this.#left, chunk.length);
    const piece = chunk.subarray(at, end);
    if (this.#frame.type === FrameType.data && (this.#frame.flags & Flag.padded) === 0) {
      this.#left -= piece.length;
      const isLast = this.#left === 0;
      if (isLast) this.#headerBytes = 0;
      this.#sink.onData(this.#frame, piece, isLast);
      return end;
    }
    if (piece.length === this.#left && this.#payload === undefined) {
      this.#deliver(piece);
      return end;
    }
    this.#payload ??= Buffer.allocUnsafe(this.#left);
    this.#payload.set(piece, this.#payload.length - this.#left);
    this.#left -= piece.length;
    if (this.#left === 0) this.#deliver(this.#payload);
    return end;
  }

  #deliver(payload: Uint8Array): void {
    this.#payload = undefined;
    this.#headerBytes = 0;
    this.#left = 0;
    this.#sink.onFrame(this.#frame, payload);
  }
}

const EMPTY = new Uint8Array(0);
