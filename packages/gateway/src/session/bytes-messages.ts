/** gRPC's frame: a flag and the length of the message. */
const FRAME_BYTES = 5;
/** The tag of `BytesMessage.data`. */
const DATA_TAG = 0x0a;
/** Frame, tag and the longest length. */
const MAX_HEAD_BYTES = FRAME_BYTES + 1 + 5;

/**
 * Takes the byte stream out of a call of `BytesMessage`s, in whatever pieces the call's bytes arrive; nothing is copied.
 * BuildKit: `moby.buildkit.v1.BytesMessage`, session/grpchijack.
 */
export class BytesMessageReader {
  readonly #onData: (piece: Uint8Array) => void;
  readonly #head: Buffer = Buffer.allocUnsafe(MAX_HEAD_BYTES);
  #headBytes = 0;
  /** Bytes of data that are still to come of the message under way. */
  #left = 0;

  /** @param onData gets views into what is pushed */
  constructor(onData: (piece: Uint8Array) => void) {
    this.#onData = onData;
  }

  /** @throws {Error} for messages that are compressed or hold anything but data; nothing can be read after that */
  push(chunk: Uint8Array): void {
    let at = 0;
    while (at < chunk.length) {
      if (this.#left > 0) {
        const piece = chunk.subarray(at, at + this.#left);
        this.#left -= piece.length;
        at += piece.length;
        this.#onData(piece);
      } else this.#takeHead(chunk[at++] ?? 0);
    }
  }

  #takeHead(byte: number): void {
    this.#head[this.#headBytes++] = byte;
    if (this.#headBytes < FRAME_BYTES) return;
    const messageBytes = this.#head.readUInt32BE(1);
    if (this.#headBytes === FRAME_BYTES) {
      if (this.#head[0] !== 0) throw new Error("the session's messages are compressed");
      if (messageBytes === 0) this.#headBytes = 0;
      return;
    }
    if (this.#headBytes === FRAME_BYTES + 1) {
      if (byte !== DATA_TAG) throw new Error("the session's messages hold more than data");
      return;
    }
    if (byte > 0x7f && this.#headBytes < MAX_HEAD_BYTES) return;
    const dataBytes = this.#readLength();
    if (this.#headBytes - FRAME_BYTES + dataBytes !== messageBytes) {
      throw new Error("the session's messages hold more than data");
    }
    this.#left = dataBytes;
    this.#headBytes = 0;
  }

  #readLength(): number {
    let length = 0;
    for (let at = this.#headBytes - 1; at > FRAME_BYTES; at--) length = length * 128 + ((this.#head[at] ?? 0) & 0x7f);
    return length;
  }
}
