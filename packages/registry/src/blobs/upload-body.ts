import { abortable } from "@opendepot/base";

/**
 * The body of an append. Its pieces end quietly when the body breaks off or `signal` aborts, so that whoever writes them
 * can put away what came before; `throwFailure` tells afterwards.
 */
export class UploadBody {
  readonly #body: AsyncIterable<Uint8Array>;
  readonly #signal: AbortSignal;
  #failure: { readonly error: unknown } | undefined;

  constructor(body: AsyncIterable<Uint8Array>, signal: AbortSignal) {
    this.#body = body;
    this.#signal = signal;
  }

  /** An abort ends them at once, also while the sender is silent. */
  async *pieces(): AsyncGenerator<Uint8Array, void, undefined> {
    const iterator = this.#body[Symbol.asyncIterator]();
    let isOver = false;
    try {
      for (;;) {
        const next = await this.#next(iterator);
        if (next === undefined) break;
        if (next.length > 0) yield next;
      }
      isOver = this.#failure === undefined;
    } finally {
      // Not awaited: a generator that waits for a silent sender does not return before the sender speaks.
      if (!isOver) iterator.return?.().catch(() => undefined);
    }
  }

  /** Whether they ended early. */
  get isBroken(): boolean {
    return this.#failure !== undefined;
  }

  /** Throws what the body threw, or the signal's reason. */
  throwFailure(): void {
    if (this.#failure) throw this.#failure.error;
  }

  async #next(iterator: AsyncIterator<Uint8Array>): Promise<Uint8Array | undefined> {
    try {
      const next = await abortable(iterator.next(), this.#signal);
      return next.done ? undefined : next.value;
    } catch (error) {
      this.#failure = { error };
      return undefined;
    }
  }
}
