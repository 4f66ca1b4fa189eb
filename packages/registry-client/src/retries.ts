import { type Clock, type Problem, systemCodeOf } from "@opendepot/base";

/** Statuses after which the same request may well succeed: go-containerregistry `transport/error.go` has the like. */
const TRANSIENT_STATUSES: ReadonlySet<number> = new Set([408, 429, 500, 502, 503, 504]);

/** System errors of connections that broke, or of names that could not be resolved just now. */
const TRANSIENT_CODES: ReadonlySet<string> = new Set([
  "ECONNRESET",
  "ECONNABORTED",
  "EPIPE",
  "ETIMEDOUT",
  "EAI_AGAIN",
  "ENETRESET",
  "ERR_STREAM_PREMATURE_CLOSE",
]);

const MAX_ATTEMPTS = 4;
const FIRST_PAUSE_MS = 250;
/** A registry that asks for more patience than this gets none: a person decides. */
const MAX_PAUSE_MS = 30_000;

/** A failure that may pass, with what to say when it does not. */
export class Transient extends Error {
  readonly problem: Problem;
  /** How long the registry wants to be left alone. */
  readonly pauseMs: number | undefined;

  constructor(problem: Problem, pauseMs?: number) {
    super(problem.message, { cause: problem });
    this.problem = problem;
    this.pauseMs = pauseMs;
  }
}

/** Whether a status is one that may pass. */
export function isTransientStatus(status: number): boolean {
  return TRANSIENT_STATUSES.has(status);
}

/** Whether a system error is one that may pass. */
export function isTransientError(error: unknown): boolean {
  return TRANSIENT_CODES.has(systemCodeOf(error) ?? "");
}

/** `Retry-After` in milliseconds, of either form: RFC 9110 section 10.2.3. */
export function readRetryAfter(header: string | undefined, now: Date): number | undefined {
  if (header === undefined) return undefined;
  const ms = /^\d{1,9}$/.test(header.trim()) ? Number(header) * 1000 : Date.parse(header) - now.getTime();
  return Number.isNaN(ms) ? undefined : Math.max(0, ms);
}

/**
 * Does `attempt` up to four times, as long as it fails with a {@link Transient}; waits as long as the registry asks,
 * or else 250 ms, then twice as long each time.
 *
 * @throws the problem of the last attempt; anything else at once
 */
export async function withRetries<T>(
  attempt: () => Promise<T>,
  clock: Clock,
  signal: AbortSignal | undefined,
): Promise<T> {
  for (let attempts = 1; ; attempts++) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof Transient)) throw error;
      signal?.throwIfAborted();
      const pauseMs = error.pauseMs ?? FIRST_PAUSE_MS * 2 ** (attempts - 1);
      if (attempts >= MAX_ATTEMPTS || pauseMs > MAX_PAUSE_MS) throw error.problem;
      await clock.sleep(pauseMs, signal);
    }
  }
}
