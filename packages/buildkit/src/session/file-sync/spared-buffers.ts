/** Buffers that are kept for the next taker; more than these are never on their way at once on a link that keeps up. */
const MAX_SPARED = 8;

/**
 * Buffers of one size that are used again once what was in them has left. New ones for a gigabyte would make V8 walk
 * through its heap for every few dozen megabytes of them, and the system clear each of their pages.
 */
export class SparedBuffers {
  readonly #bytes: number;
  readonly #spared: Buffer[] = [];

  /** @param bytes the size of the buffers */
  constructor(bytes: number) {
    this.#bytes = bytes;
  }

  /** A buffer with anything in it, of the full size; a smaller one of its own for less than half of that. */
  take(wanted: number = this.#bytes): Buffer {
    if (wanted < this.#bytes / 2) return Buffer.allocUnsafeSlow(wanted);
    return this.#spared.pop() ?? Buffer.allocUnsafeSlow(this.#bytes);
  }

  /** Takes a buffer back that nobody looks at any more. */
  giveBack(buffer: Buffer): void {
    if (buffer.length === this.#bytes && this.#spared.length < MAX_SPARED) this.#spared.push(buffer);
  }
}
