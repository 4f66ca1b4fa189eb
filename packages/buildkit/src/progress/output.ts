import type { Clock } from "@opendepot/base";

/** The part of `NodeJS.WriteStream` that a display uses. */
export interface ProgressStream {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  readonly rows?: number | undefined;
  readonly writableNeedDrain?: boolean | undefined;
  write(text: string, done?: (error?: Error | null) => void): boolean;
  on(event: "error" | "resize", listener: (error: Error) => void): unknown;
  off(event: "error" | "resize", listener: (error: Error) => void): unknown;
}

/** How long {@link Output.close} waits for a stream to take what was written. */
const flushTimeoutMs = 5000;

/**
 * Writes to a stream that may be slow, closed or broken, without ever throwing: a build does not fail because
 * nobody reads its progress. After the first error everything is dropped.
 *
 * The stream belongs to the caller and is not ended.
 */
export class Output {
  readonly #stream: ProgressStream;
  readonly #clock: Clock;
  readonly #flushed = new AbortController();
  #pendingWrites = 0;
  #isBroken = false;
  #isClosing = false;

  constructor(stream: ProgressStream, clock: Clock) {
    this.#stream = stream;
    this.#clock = clock;
    stream.on("error", this.#onError);
  }

  /** The stream has more than it wants; drawings that would be replaced anyway can be left out. */
  get isBlocked(): boolean {
    return this.#stream.writableNeedDrain === true;
  }

  /** The terminal's size now; 0 where the stream does not know. */
  get size(): { readonly columns: number; readonly rows: number } {
    return { columns: positive(this.#stream.columns), rows: positive(this.#stream.rows) };
  }

  write(text: string): void {
    if (this.#isBroken || text === "") return;
    this.#pendingWrites++;
    try {
      this.#stream.write(text, this.#onWritten);
    } catch {
      this.#onError();
    }
  }

  /** Calls `listener` when the terminal's size has changed. Disposing takes it back. */
  onResize(listener: () => void): Disposable {
    this.#stream.on("resize", listener);
    return { [Symbol.dispose]: () => void this.#stream.off("resize", listener) };
  }

  /** Waits until the stream has taken everything, at most 5 s, and lets go of it. */
  async close(): Promise<void> {
    this.#isClosing = true;
    this.#settle();
    await this.#clock.sleep(flushTimeoutMs, this.#flushed.signal).catch(() => undefined);
    this.#stream.off("error", this.#onError);
  }

  readonly #onWritten = (error?: Error | null): void => {
    this.#pendingWrites--;
    if (error) this.#onError();
    else this.#settle();
  };

  readonly #onError = (): void => {
    this.#isBroken = true;
    this.#settle();
  };

  #settle(): void {
    if (this.#isClosing && (this.#isBroken || this.#pendingWrites === 0)) this.#flushed.abort();
  }
}

function positive(size: number | undefined): number {
  return size !== undefined && size > 0 ? Math.floor(size) : 0;
}
