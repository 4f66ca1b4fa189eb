import { type TappedSolve, tapStatus } from "./status-tap.ts";

/** How long disposing waits for the host to take what it was given last. */
const DRAIN_LIMIT_MS = 2_000;
/** How long a solve is held back until its tap is open; beyond it, steps of a short build may be missed. */
const LISTEN_LIMIT_MS = 2_000;

/** The taps that run. They outlive the clients whose solves they follow; disposing ends them. */
export class StatusTaps implements AsyncDisposable {
  readonly #running = new Set<Promise<void>>();
  readonly #closing = new AbortController();

  /** Starts to follow a solve. Resolves when the engine listens, so that the solve may begin; never rejects. */
  async start(solve: Omit<TappedSolve, "signal" | "onListening">): Promise<void> {
    const { promise: listening, resolve: onListening } = Promise.withResolvers<void>();
    const limit = setTimeout(onListening, LISTEN_LIMIT_MS);
    const tap = tapStatus({ ...solve, onListening, signal: this.#closing.signal });
    const running = tap.finally(() => this.#running.delete(running));
    this.#running.add(running);
    await listening;
    clearTimeout(limit);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort(new Error("the gateway is shutting down"));
    const { promise: limit, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, DRAIN_LIMIT_MS);
    await Promise.race([Promise.all(this.#running), limit]);
    clearTimeout(timer);
  }
}
