import { GrpcCode, GrpcError } from "./grpc-error.ts";

/** Bytes before each message: one flag byte and its length, big-endian. */
export const FRAME_HEADER_BYTES = 5;

/** The largest message taken from a peer unless told otherwise: what BuildKit itself accepts and sends. */
export const DEFAULT_MAX_MESSAGE_BYTES: number = 16 * 1024 * 1024;

/** The header that goes before an uncompressed message of `length` bytes. */
export function frameHeader(length: number): Buffer {
  const header = Buffer.allocUnsafe(FRAME_HEADER_BYTES);
  header[0] = 0;
  header.writeUInt32BE(length, 1);
  return header;
}

/** One gRPC frame as one buffer; copies the message. */
export function frameMessage(message: Uint8Array): Buffer {
  const frame = Buffer.allocUnsafe(FRAME_HEADER_BYTES + message.length);
  frame[0] = 0;
  frame.writeUInt32BE(message.length, 1);
  frame.set(message, FRAME_HEADER_BYTES);
  return frame;
}

/**
 * Cuts a byte stream into the messages of its gRPC frames, in whatever pieces the bytes arrive.
 *
 * Messages that lie whole within a chunk are views into it; only those that span chunks are copied, once.
 * Framing: grpc/grpc doc/PROTOCOL-HTTP2.md, "Length-Prefixed-Message".
 */
export class FrameDecoder {
  readonly #maxMessageBytes: number;
  readonly #header: Buffer = Buffer.allocUnsafe(FRAME_HEADER_BYTES);
  #headerBytes = 0;
  /** The message under way, once its header is complete and it does not lie whole in one chunk. */
  #message: Buffer | undefined;
  #messageBytes = 0;

  /** @param maxMessageBytes the largest message taken; 16 MiB unless given */
  constructor(maxMessageBytes: number = DEFAULT_MAX_MESSAGE_BYTES) {
    this.#maxMessageBytes = maxMessageBytes;
  }

  /**
   * The messages that `chunk` completes.
   *
   * @throws {GrpcError} `resourceExhausted` for a message above the limit (before any of it is stored),
   * `unimplemented` for a compressed one, `internal` for an unknown flag
   */
  *push(chunk: Uint8Array): Generator<Uint8Array, void, undefined> {
    let at = 0;
    while (at < chunk.length) {
      if (this.#message) {
        at += this.#fill(this.#message, chunk, at);
        if (this.#messageBytes === this.#message.length) yield this.#take(this.#message);
        continue;
      }
      at += this.#fillHeader(chunk, at);
      if (this.#headerBytes < FRAME_HEADER_BYTES) return;
      const length = this.#readHeader();
      if (chunk.length - at >= length) {
        this.#headerBytes = 0;
        yield chunk.subarray(at, at + length);
        at += length;
      } else {
        this.#message = Buffer.allocUnsafe(length);
        this.#messageBytes = 0;
      }
    }
  }

  /** Whether the bytes so far end in the middle of a frame. */
  get isPartial(): boolean {
    return this.#headerBytes > 0;
  }

  #fillHeader(chunk: Uint8Array, at: number): number {
    const take = Math.min(FRAME_HEADER_BYTES - this.#headerBytes, chunk.length - at);
    for (let index = 0; index < take; index++) this.#header[this.#headerBytes++] = chunk[at + index] ?? 0;
    return take;
  }

  #readHeader(): number {
    const flag = this.#header[0] ?? 0;
    if (flag === 1) throw new GrpcError(GrpcCode.unimplemented, "compressed gRPC messages are not supported");
    if (flag !== 0) throw new GrpcError(GrpcCode.internal, `gRPC frame with unknown flag ${flag}`);
    const length = this.#header.readUInt32BE(1);
    if (length > this.#maxMessageBytes) {
      throw new GrpcError(
        GrpcCode.resourceExhausted,
        `received a message of ${length} bytes, the limit is ${this.#maxMessageBytes}`,
      );
    }
    return length;
  }

  #fill(message: Buffer, chunk: Uint8Array, at: number): number {
    const part = chunk.subarray(at, at + message.length - this.#messageBytes);
    message.set(part, this.#messageBytes);
    this.#messageBytes += part.length;
    return part.length;
  }

  #take(message: Buffer): Uint8Array {
    this.#message = undefined;
    this.#headerBytes = 0;
    return message;
  }
}
