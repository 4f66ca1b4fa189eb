import { anySignal } from "@opendepot/base";
import { uploadBusy } from "./problems.ts";

/** The right to change an upload; disposing gives it back. */
export interface Turn extends Disposable {
  /** Aborts when the caller gives up, and when the upload is taken from us. */
  readonly signal: AbortSignal;
}

interface Running {
  readonly controller: AbortController;
  readonly ended: Promise<void>;
}

/** Lets one at a time change an upload, within this process. */
export class UploadTurns {
  readonly #running = new Map<string, Running>();

  /**
   * Takes the turn.
   *
   * @throws {Problem} `upload_busy` when somebody has it
   */
  take(id: string, signal: AbortSignal | undefined): Turn {
    signal?.throwIfAborted();
    if (this.#running.has(id)) throw uploadBusy(id);
    const controller = new AbortController();
    const { promise: ended, resolve } = Promise.withResolvers<void>();
    this.#running.set(id, { controller, ended });
    return {
      signal: anySignal(controller.signal, signal),
      [Symbol.dispose]: () => {
        this.#running.delete(id);
        resolve();
      },
    };
  }

  /** Ends the work of whoever has the turn, and waits until he has given it back. */
  async cancel(id: string, reason: Error): Promise<void> {
    const running = this.#running.get(id);
    running?.controller.abort(reason);
    await running?.ended;
  }

  /** The same for all. */
  async cancelAll(makeReason: (id: string) => Error): Promise<void> {
    await Promise.all([...this.#running.keys()].map((id) => this.cancel(id, makeReason(id))));
  }
}
