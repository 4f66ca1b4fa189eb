import { anySignal, type Clock, messageOf, onAbort } from "@opendepot/base";
import { openStep, type StatusSink } from "@opendepot/buildkit";
import type { CliContext } from "../cli-context.ts";
import { Builders } from "./builders.ts";
import type { BuildOutcome, Lease } from "./lease.ts";
import { createStepRecord, type StepRecord } from "./step-record.ts";

/** A build that is about to run. */
export interface BuildRun {
  readonly lease: Lease;
  /** Shows the engine's steps and our own; of the caller, who ends it. */
  readonly display: StatusSink;
  readonly clock: Clock;
  readonly context: CliContext;
}

/** A build while it runs. */
export interface RunningBuild extends BuildRun {
  readonly builders: Builders;
  /** Where steps of our own are told; they are shown, and reported to the server. */
  readonly record: StepRecord;
  /** Aborts when the person or the server cancels. */
  readonly signal: AbortSignal;
}

/** The end of a build is worth waiting for while the server restarts. */
const FINISH_LIMIT_MS = 15_000;

/**
 * A person who cancels waits less than a second: the engine gets this long to say which steps it stopped, then the
 * server is told, which cuts what is left.
 */
const STOP_LIMIT_MS = 350;
const CANCEL_LIMIT_MS = 500;

/** How long the record of our own steps may hold up the end of a build. */
const REPORT_LIMIT_MS = 1_000;

/**
 * Runs `work` as a build from its lease to its end, with connections to its builders, and tells the server how it
 * ended, also when it failed or was canceled.
 *
 * @throws what `work` throws; the reason on abort
 */
export async function runBuild<T>(run: BuildRun, work: (build: RunningBuild) => Promise<T>): Promise<T> {
  const { lease, display, context } = run;
  const signal = anySignal(context.signal, lease.canceled);
  const record = createStepRecord(display);
  if (lease.url !== undefined) openStep(record, `[depot] build: ${lease.url}`).done();
  await using builders = new Builders({ ...run, record, signal });
  const working = work({ ...run, builders, record, signal });
  let canceling: Promise<unknown> | undefined;
  using _ = onAbort(signal, () => {
    canceling = cancel(run, working);
  });
  try {
    const result = await working;
    await end(run, record, { kind: "success" });
    return result;
  } catch (error) {
    if (canceling === undefined) await end(run, record, { kind: "error", message: messageOf(error) });
    else await canceling;
    signal.throwIfAborted();
    throw error;
  }
}

async function cancel({ lease, clock }: BuildRun, working: Promise<unknown>): Promise<void> {
  await Promise.race([working.catch(() => undefined), clock.sleep(STOP_LIMIT_MS)]);
  await lease.finish({ kind: "canceled" }, CANCEL_LIMIT_MS);
}

async function end({ lease, clock, context }: BuildRun, record: StepRecord, outcome: BuildOutcome): Promise<void> {
  const rest = record.take();
  const reporting = rest.vertexes.length > 0 ? lease.report(rest) : undefined;
  const failure = await lease.finish(outcome, FINISH_LIMIT_MS);
  if (reporting !== undefined) {
    const told = new AbortController();
    const limit = clock.sleep(REPORT_LIMIT_MS, told.signal).catch(() => undefined);
    await Promise.race([reporting, limit]);
    told.abort(new Error("the record was told")); // a timer that is left would keep the process
  }
  if (failure !== undefined)
    context.terminal.warn(`could not tell the server how the build ended: ${messageOf(failure)}`);
}
