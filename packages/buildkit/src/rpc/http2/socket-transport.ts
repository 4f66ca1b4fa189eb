import type { Duplex } from "node:stream";
import type { Transport } from "./transport.ts";

/** What is copied into one buffer before it is written; more goes into a buffer of its own. */
const BLOCK_BYTES = 320 * 1024;

/** Blocks that are kept for later writes; no more are ever on their way at once. */
const MAX_SPARE_BLOCKS = 4;

/** Small writes get their buffer from Node's pool. */
const SMALL_BYTES = 4 * 1024;

/**
 * A socket as a transport. Pieces are copied into one buffer: that costs less than the system call, or the TLS record,
 * that each of them would take otherwise.
 */
export class SocketTransport implements Transport {
  readonly #socket: Duplex;
  readonly #spare: Buffer[] = [];

  constructor(socket: Duplex) {
    this.#socket = socket;
  }

  write(pieces: readonly Uint8Array[], onSent: () => void): void {
    const [only] = pieces;
    if (only && pieces.length === 1) {
      this.#socket.write(only, onSent);
      return;
    }
    let length = 0;
    for (const piece of pieces) length += piece.length;
    const block = this.#take(length);
    let at = 0;
    for (const piece of pieces) {
      block.set(piece, at);
      at += piece.length;
    }
    this.#socket.write(block.length === length ? block : block.subarray(0, length), () => {
      if (block.length === BLOCK_BYTES && this.#spare.length < MAX_SPARE_BLOCKS) this.#spare.push(block);
      onSent();
    });
  }

  end(): void {
    // Nothing that the peer still says is of interest.
    this.#socket.end(() => this.#socket.destroy());
  }

  destroy(): void {
    this.#socket.destroy();
  }

  defer(work: () => void): void {
    setImmediate(work);
  }

  #take(length: number): Buffer {
    if (length <= SMALL_BYTES || length > BLOCK_BYTES) return Buffer.allocUnsafe(length);
    return this.#spare.pop() ?? Buffer.allocUnsafeSlow(BLOCK_BYTES);
  }
}
