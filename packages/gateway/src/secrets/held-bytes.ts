const NOTHING = Buffer.alloc(0);

/** Bytes that are added at their end and taken from their beginning, at a cost that does not depend on how many there are. */
export class HeldBytes {
  #buffer: Buffer = NOTHING;
  #at = 0;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(bytes: Uint8Array): void {
    const needed = this.#length + bytes.length;
    if (this.#at + needed > this.#buffer.length) this.#makeRoom(needed);
    this.#buffer.set(bytes, this.#at + this.#length);
    this.#length = needed;
  }

  /** Gives a copy of the first bytes, of which there must be that many, and drops them. */
  take(count: number): Buffer {
    const taken = Buffer.from(this.#buffer.subarray(this.#at, this.#at + count));
    this.#at += count;
    this.#length -= count;
    if (this.#length === 0) {
      this.#buffer = NOTHING;
      this.#at = 0;
    }
    return taken;
  }

  #makeRoom(needed: number): void {
    const held = this.#buffer.subarray(this.#at, this.#at + this.#length);
    const target = 2 * needed <= this.#buffer.length ? this.#buffer : Buffer.allocUnsafeSlow(2 * needed);
    target.set(held);
    this.#buffer = target;
    this.#at = 0;
  }
}
