/** Bytes that may wait in one stream before senders have to. */
const HIGH_WATER_BYTES = 1024 * 1024;

/** Bytes that go out together. */
export interface OutgoingBytes {
  readonly pieces: Uint8Array[];
  /** Called when all of them have left. */
  readonly onLeft: Array<() => void>;
}

/**
 * Bytes on their way into a stream. Any number of senders may wait for room at once: each is woken when there is some,
 * and all of them when the stream dies.
 */
export class SendQueue {
  #pieces: Uint8Array[] = [];
  /** By piece: whom to tell once it has left. */
  #onLeft: Array<(() => void) | undefined> = [];
  #at = 0;
  #bytes = 0;
  #waiting: PromiseWithResolvers<void> | undefined;

  /** Bytes that have not been taken yet. */
  get bytes(): number {
    return this.#bytes;
  }

  push(piece: Uint8Array, onLeft?: () => void): void {
    if (piece.length === 0) return;
    this.#pieces.push(piece);
    this.#onLeft.push(onLeft);
    this.#bytes += piece.length;
  }

  /** Moves `count` bytes, of which there must be that many, to the end of `into`; nothing is copied. */
  take(count: number, into: OutgoingBytes): void {
    let left = count;
    while (left > 0) {
      const piece = this.#pieces[this.#at];
      if (!piece) break;
      if (piece.length <= left) {
        into.pieces.push(piece);
        const onLeft = this.#onLeft[this.#at];
        if (onLeft) into.onLeft.push(onLeft);
        left -= piece.length;
        this.#at++;
      } else {
        into.pieces.push(piece.subarray(0, left));
        this.#pieces[this.#at] = piece.subarray(left);
        left = 0;
      }
    }
    if (this.#at === this.#pieces.length) this.#restart();
    else if (this.#at > 256) {
      this.#pieces = this.#pieces.slice(this.#at);
      this.#onLeft = this.#onLeft.slice(this.#at);
      this.#at = 0;
    }
    this.#bytes -= count;
    if (this.#bytes <= HIGH_WATER_BYTES / 2) this.#wake();
  }

  /** Resolves when senders may go on; undefined when they may at once. */
  room(): Promise<void> | undefined {
    if (this.#bytes <= HIGH_WATER_BYTES) return undefined;
    this.#waiting ??= Promise.withResolvers();
    return this.#waiting.promise;
  }

  /** Gives up what waits, and wakes all senders. */
  clear(): void {
    this.#restart();
    this.#bytes = 0;
    this.#wake();
  }

  #restart(): void {
    this.#pieces = [];
    this.#onLeft = [];
    this.#at = 0;
  }

  #wake(): void {
    this.#waiting?.resolve();
    this.#waiting = undefined;
  }
}
