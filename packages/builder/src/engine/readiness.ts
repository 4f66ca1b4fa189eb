import { setTimeout as sleep } from "node:timers/promises";
import { messageOf, type Problem, withTimeout } from "@opendepot/base";
import { engineStartFailed } from "../problems.ts";
import type { EngineLog } from "./engine-log.ts";
import type { EngineProcess } from "./engine-process.ts";

const FIRST_PAUSE_MS = 10;
const LONGEST_PAUSE_MS = 100;

/** What is waited for. */
export interface ReadinessOptions<T> {
  /** Asks once; a rejection means "not yet". */
  readonly probe: (signal: AbortSignal) => Promise<T>;
  /** The processes that must stay alive meanwhile. */
  readonly processes: readonly EngineProcess[];
  readonly log: EngineLog;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/**
 * Resolves with the first answer of an engine that is starting.
 *
 * @throws {Problem} `engine_start_failed` or `disk_full` when it ends or says nothing in time
 * @throws the signal's reason on abort
 */
export async function waitUntilReady<T>(options: ReadinessOptions<T>): Promise<T> {
  const failure = (reason: string, cause?: unknown): Problem =>
    engineStartFailed(reason, { lastLines: options.log.lastLines(), logFile: options.log.file, cause });
  const over = new AbortController();
  for (const process of options.processes) {
    void process.ended.then((end) => over.abort(failure(`it ended with ${end}`)));
  }
  let lastAnswer: unknown;
  return withTimeout(
    options.timeoutMs,
    () => failure(`no answer within ${options.timeoutMs / 1000} s (${messageOf(lastAnswer)})`, lastAnswer),
    async (signal) => {
      for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 1.5, LONGEST_PAUSE_MS)) {
        signal.throwIfAborted();
        try {
          return await options.probe(signal);
        } catch (error) {
          lastAnswer = error;
        }
        await sleep(pauseMs, undefined, { signal }).catch(() => signal.throwIfAborted());
      }
    },
    AbortSignal.any([options.signal, over.signal]),
  );
}
