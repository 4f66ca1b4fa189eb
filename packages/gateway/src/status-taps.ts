import { type TappedSolve, tapStatus } from "./status-tap.ts";

/** How long disposing waits for the host to take what it was given last. */
const DRAIN_LIMIT_MS = 2_000;

/** The taps that run. They outlive the clients whose solves they follow; disposing ends them. */
export class StatusTaps implements AsyncDisposable {
  readonly #running = new Set<Promise<void>>();
  readonly #closing = new AbortController();

  start(solve: Omit<TappedSolve, "signal">): void {
    const tap = tapStatus({ ...solve, signal: this.#closing.signal }).finally(() => this.#running.delete(tap));
    this.#running.add(tap);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort(new Error("the gateway is shutting down"));
    const { promise: limit, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, DRAIN_LIMIT_MS);
    await Promise.race([Promise.all(this.#running), limit]);
    clearTimeout(timer);
  }
}
