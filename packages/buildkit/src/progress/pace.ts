import type { Clock } from "@opendepot/base";

/** Calls `draw` soon after it was asked to, but never more often than once in `intervalMs`. */
export class Pace {
  readonly #clock: Clock;
  readonly #intervalMs: number;
  readonly #draw: () => void;
  readonly #stopped = new AbortController();
  #lastMs = Number.NEGATIVE_INFINITY;
  #isWaiting = false;
  #failure: { readonly error: unknown } | undefined;

  constructor(clock: Clock, intervalMs: number, draw: () => void) {
    this.#clock = clock;
    this.#intervalMs = intervalMs;
    this.#draw = draw;
  }

  /** Draws now when the interval has passed since the last time, otherwise as soon as it has. */
  request(): void {
    if (this.#isWaiting || this.#stopped.signal.aborted) return;
    const waitMs = this.#lastMs + this.#intervalMs - this.#clock.now().getTime();
    if (waitMs <= 0) this.#run();
    else void this.#runAfter(Math.min(waitMs, this.#intervalMs));
  }

  /** Draws no more. @throws what a drawing threw, since nobody was there to catch it */
  stop(): void {
    this.#stopped.abort();
    if (this.#failure) throw this.#failure.error;
  }

  async #runAfter(waitMs: number): Promise<void> {
    this.#isWaiting = true;
    try {
      await this.#clock.sleep(waitMs, this.#stopped.signal);
    } catch {
      return;
    }
    this.#isWaiting = false;
    this.#run();
  }

  #run(): void {
    this.#lastMs = this.#clock.now().getTime();
    try {
      this.#draw();
    } catch (error) {
      this.#failure ??= { error };
      this.#stopped.abort();
    }
  }
}
