/** So much is allocated for the first bytes: most uploads are small. */
const FIRST_BYTES = 64 * 1024;

/** Gathers the bytes of the next part. */
export class PartBuffer {
  readonly #partBytes: number;
  #buffer: Buffer;
  #length: number;

  /** `start` is what there is already of the part; it is not written to. */
  constructor(partBytes: number, start: Uint8Array = new Uint8Array()) {
    this.#partBytes = partBytes;
    this.#buffer = Buffer.allocUnsafeSlow(Math.min(partBytes, Math.max(FIRST_BYTES, start.length)));
    this.#buffer.set(start);
    this.#length = start.length;
  }

  /** Bytes that were gathered. */
  get length(): number {
    return this.#length;
  }

  get isFull(): boolean {
    return this.#length === this.#partBytes;
  }

  /** The bytes that were gathered. */
  bytes(): Buffer {
    return this.#buffer.subarray(0, this.#length);
  }

  /** Takes as much of `piece` as the part has room for; returns what is left over. */
  add(piece: Uint8Array): Uint8Array {
    const taken = piece.subarray(0, this.#partBytes - this.#length);
    this.#growTo(this.#length + taken.length);
    this.#buffer.set(taken, this.#length);
    this.#length += taken.length;
    return piece.subarray(taken.length);
  }

  #growTo(bytes: number): void {
    if (bytes <= this.#buffer.length) return;
    const grown = Buffer.allocUnsafeSlow(Math.min(this.#partBytes, Math.max(bytes, 2 * this.#buffer.length)));
    this.#buffer.copy(grown, 0, 0, this.#length);
    this.#buffer = grown;
  }
}
