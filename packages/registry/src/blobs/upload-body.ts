import { onAbort } from "@opendepot/base";
import type { UploadSource } from "./blob-store.ts";

/**
 * The body of an append. Its pieces end quietly when the body breaks off or `signal` aborts, so that whoever writes them
 * can put away what came before; `throwFailure` tells afterwards.
 */
export class UploadBody {
  readonly #body: UploadSource;
  readonly #signal: AbortSignal;
  #failure: { readonly error: unknown } | undefined;

  constructor(body: UploadSource, signal: AbortSignal) {
    this.#body = body;
    this.#signal = signal;
  }

  /** An abort ends them at once, also while the sender is silent. */
  async *pieces(): AsyncGenerator<Uint8Array, void, undefined> {
    const iterator = this.#body[Symbol.asyncIterator]();
    let interrupt: ((reason: unknown) => void) | undefined;
    using _aborting = onAbort(this.#signal, (reason) => {
      this.#failure ??= { error: reason };
      interrupt?.(reason);
    });
    let isOver = false;
    try {
      while (this.#failure === undefined) {
        const next = await new Promise<IteratorResult<Uint8Array>>((resolve, reject) => {
          interrupt = reject;
          iterator.next().then(resolve, reject);
        });
        if (next.done) isOver = true;
        if (next.done) break;
        if (next.value.length > 0) yield next.value;
      }
    } catch (error) {
      this.#failure ??= { error };
    } finally {
      // Not awaited: a generator that waits for a silent sender does not return before the sender speaks.
      if (!isOver) iterator.return?.().catch(() => undefined);
    }
  }

  /** For pieces that were written. */
  readonly release = (piece: Uint8Array): void => this.#body.release?.(piece);

  /** Whether they ended early. */
  get isBroken(): boolean {
    return this.#failure !== undefined;
  }

  /** Throws what the body threw, or the signal's reason. */
  throwFailure(): void {
    if (this.#failure) throw this.#failure.error;
  }
}
