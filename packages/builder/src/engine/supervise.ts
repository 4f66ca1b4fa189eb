import type { Problem } from "@opendepot/base";
import type { Endpoint } from "@opendepot/buildkit";
import { engineDied } from "../problems.ts";
import type { EngineVersion } from "../provider.ts";
import type { RunningEngine } from "./engine.ts";
import type { EngineLog } from "./engine-log.ts";
import type { EngineProcess } from "./engine-process.ts";

const GRACE_MS = 5_000;

/** The parts of an engine that has come up. */
export interface SupervisedEngine {
  readonly endpoint: Endpoint;
  readonly version: EngineVersion;
  /** In the order in which they are to be stopped; the first is the engine itself. */
  readonly processes: readonly [EngineProcess, ...EngineProcess[]];
  readonly log: EngineLog;
  /** Puts away what outlived the processes; a failure is left to the next start, which puts the same things away. */
  readonly afterwards: () => Promise<void>;
}

/**
 * Makes one engine of its processes: when one of them ends unasked, the others are stopped and `died` resolves.
 */
export function superviseEngine(parts: SupervisedEngine): RunningEngine {
  const { promise: died, resolve: declareDead } = Promise.withResolvers<Problem>();
  let stopping: Promise<void> | undefined;
  const stop = (): Promise<void> => {
    stopping ??= stopAll(parts);
    return stopping;
  };
  for (const process of parts.processes) {
    void process.ended.then((end) => {
      if (stopping) return;
      declareDead(engineDied(`it ended with ${end}`, { lastLines: parts.log.lastLines(), logFile: parts.log.file }));
      void stop();
    });
  }
  return {
    pid: parts.processes[0].pid,
    endpoint: parts.endpoint,
    version: parts.version,
    died,
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

async function stopAll(parts: SupervisedEngine): Promise<void> {
  for (const process of parts.processes) await process.stop(GRACE_MS);
  await parts.afterwards().catch(() => undefined);
  await parts.log.flushed();
}
