import type { Clock, Logger } from "@opendepot/base";

/** Work that is done again and again until it is disposed of. */
export interface PeriodicWork {
  /** In logs, when a round fails. */
  readonly name: string;
  readonly everyMs: number;
  /** One round; heeds the signal. A failed round is logged and the next one tries again. */
  readonly round: (signal: AbortSignal) => Promise<void>;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Starts the rounds, the first one after `everyMs`. Disposing waits for the round under way. */
export function startPeriodic(work: PeriodicWork): AsyncDisposable {
  const stopping = new AbortController();
  const running = repeat(work, stopping.signal);
  return {
    async [Symbol.asyncDispose]() {
      stopping.abort(new Error(`${work.name} is stopping`));
      await running;
    },
  };
}

async function repeat({ name, everyMs, round, clock, logger }: PeriodicWork, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      await clock.sleep(everyMs, signal);
      await round(signal);
    } catch (error) {
      if (!signal.aborted) logger.error("periodic work failed; it is tried again", { work: name, error });
    }
  }
}
