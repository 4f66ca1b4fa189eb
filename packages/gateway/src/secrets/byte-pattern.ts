/** A row of bytes that is looked for in streams: the algorithm of Knuth, Morris and Pratt, whose cost no input can raise. */
export class BytePattern {
  readonly bytes: Uint8Array;
  /** By how much of the pattern has matched: how much of it has still matched when the next byte does not. */
  readonly #fallbacks: Int32Array;

  /** @param bytes one at least; must not change */
  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.#fallbacks = new Int32Array(bytes.length);
    for (let at = 1, matched = 0; at < bytes.length; at++) {
      matched = this.#step(matched, bytes[at]);
      this.#fallbacks[at] = matched;
    }
  }

  get length(): number {
    return this.bytes.length;
  }

  /**
   * Reads on from where the first `matched` bytes of the pattern have just been seen. Calls `onFound` with the index in
   * `chunk` behind each place where the pattern ends; places may overlap.
   *
   * @returns how much of the pattern the bytes read so far end with; less than all of it
   */
  read(chunk: Uint8Array, matched: number, onFound: (end: number) => void): number {
    const first = this.bytes[0] ?? 0;
    let now = matched;
    for (let at = 0; at < chunk.length; at++) {
      if (now === 0) {
        at = chunk.indexOf(first, at);
        if (at < 0) return 0;
      }
      now = this.#step(now, chunk[at]);
      if (now < this.length) continue;
      onFound(at + 1);
      now = this.#fallbacks[now - 1] ?? 0;
    }
    return now;
  }

  #step(matched: number, byte: number | undefined): number {
    let now = matched;
    while (now > 0 && this.bytes[now] !== byte) now = this.#fallbacks[now - 1] ?? 0;
    return this.bytes[now] === byte ? now + 1 : now;
  }
}
