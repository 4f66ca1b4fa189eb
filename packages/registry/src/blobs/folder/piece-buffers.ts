/** What a file is read in. */
const PIECE_BYTES = 512 * 1024;
const MAX_FREE = 32;

/**
 * Memory for pieces of files, used again and again: new memory for each would cost the reader of a large blob more than
 * reading it does, in page faults and in work for the collector. What was given back must be in nobody's hands any more.
 */
export class PieceBuffers {
  readonly #free: Buffer[] = [];

  take(): Buffer {
    return this.#free.pop() ?? Buffer.allocUnsafeSlow(PIECE_BYTES);
  }

  giveBack(buffer: Buffer): void {
    if (this.#free.length < MAX_FREE) this.#free.push(buffer);
  }
}
