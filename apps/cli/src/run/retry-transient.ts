import { type Clock, isProblem } from "@opendepot/base";

/** How long something is tried. */
export interface RetryOptions {
  readonly clock: Clock;
  /** No further try begins later than this after the first one, in milliseconds. */
  readonly limitMs: number;
  readonly signal?: AbortSignal | undefined;
}

/** Failures of the way to the server rather than of what was asked: a server that restarts is back soon. */
const TRANSIENT = new Set(["api_unreachable", "api_unavailable", "api_timeout", "api_answer_invalid"]);

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 2_000;

/**
 * Runs `work` again, with growing pauses, while it fails in passing; any other failure is thrown at once, and the
 * last one when the time is up.
 */
export async function retryTransient<T>(options: RetryOptions, work: () => Promise<T>): Promise<T> {
  const { clock, limitMs, signal } = options;
  const endMs = clock.now().getTime() + limitMs;
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
    try {
      return await work();
    } catch (error) {
      signal?.throwIfAborted();
      const isTransient = isProblem(error) && TRANSIENT.has(error.code);
      if (!isTransient || clock.now().getTime() + pauseMs > endMs) throw error;
    }
    await clock.sleep(pauseMs, signal);
  }
}
