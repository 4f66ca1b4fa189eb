import { abortable, anySignal } from "@opendepot/base";
import { startTimedOut } from "./problems.ts";
import { reportLine, type ServerProcess, type SpawnServerOptions, spawnServer } from "./server-process.ts";
import { explainFailure } from "./start-failure.ts";

const readyMessage = "database system is ready to accept connections";

/**
 * Starts `postgres` and waits until it accepts connections.
 *
 * @throws {Problem} `postgres_start_timeout`, and what `explainFailure` makes of its log; the signal's reason.
 * Nothing runs any more then.
 */
export async function startServer(start: Omit<SpawnServerOptions, "onLine">): Promise<ServerProcess> {
  const { options, clusterDir } = start;
  const ready = Promise.withResolvers<void>();
  using progress = watchProgress(options.startTimeoutMs);
  const onLine = (line: string): void => {
    progress.report();
    reportLine(options.logger, line);
    if (line.includes(readyMessage)) ready.resolve();
  };
  await using cleanup = new AsyncDisposableStack();
  const server = cleanup.use(await spawnServer({ ...start, onLine }));
  const outcome = Promise.race([ready.promise, server.ended]);
  const how = await abortable(outcome, anySignal(progress.stalled, options.signal)).catch((reason: unknown) => {
    throw progress.stalled.aborted ? startTimedOut(options.startTimeoutMs, server.lastLines()) : reason;
  });
  if (how !== undefined) {
    throw explainFailure("postgres", how, { clusterDir, output: server.lastLines().join("\n") });
  }
  cleanup.move();
  return server;
}

interface Progress extends Disposable {
  readonly stalled: AbortSignal;
  report(): void;
}

/** `stalled` aborts when `report` has not been called for `limitMs`. */
function watchProgress(limitMs: number): Progress {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(new Error("no progress")), limitMs);
  return {
    stalled: controller.signal,
    report: () => void timer.refresh(),
    [Symbol.dispose]: () => clearTimeout(timer),
  };
}
