/** Chunks that were received and wait for their one reader. */
export class ReceiveQueue {
  #chunks: Uint8Array[] = [];
  #at = 0;
  #isEnded = false;
  #wake: (() => void) | undefined;

  push(chunk: Uint8Array): void {
    if (this.#isEnded) return;
    this.#chunks.push(chunk);
    this.#signal();
  }

  /** Nothing more will come; what is there can still be read. */
  end(): void {
    this.#isEnded = true;
    this.#signal();
  }

  /** Nothing more will come, and what is there is of no use. */
  discard(): void {
    this.#chunks = [];
    this.#at = 0;
    this.end();
  }

  /** The next chunk; undefined at the end. */
  async next(): Promise<Uint8Array | undefined> {
    for (;;) {
      const chunk = this.#chunks[this.#at];
      if (chunk) {
        this.#at++;
        return chunk;
      }
      this.#chunks = [];
      this.#at = 0;
      if (this.#isEnded) return undefined;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  #signal(): void {
    this.#wake?.();
    this.#wake = undefined;
  }
}
