import { interrupted } from "./problems.ts";

/** How long a command may take to cancel what it does after it was asked to stop. */
const GRACE_MS = 900;

/** The same signal again within this time is an echo: a terminal and a wrapper like npm both pass it on. */
const ECHO_MS = 200;

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** What {@link listenForSignals} needs of the process. */
export interface SignalSource {
  on(event: (typeof SIGNALS)[number], listener: () => void): unknown;
}

/**
 * Aborts with a problem on the first signal, and calls `leave` when it comes again or when the time is up.
 */
export function listenForSignals(source: SignalSource, leave: () => void): AbortController {
  const stop = new AbortController();
  let firstAtMs: number | undefined;
  for (const name of SIGNALS) {
    source.on(name, () => {
      const nowMs = performance.now();
      if (firstAtMs === undefined) {
        firstAtMs = nowMs;
        setTimeout(leave, GRACE_MS).unref();
        stop.abort(interrupted(name));
      } else if (nowMs - firstAtMs > ECHO_MS) leave();
    });
  }
  return stop;
}
