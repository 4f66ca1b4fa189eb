import { anySignal, type Clock, messageOf, onAbort } from "@opendepot/base";
import { openStep, type ProgressDisplay, type SolveResult } from "@opendepot/buildkit";
import type { BuildRequest } from "../build/build-request.ts";
import type { CliContext } from "../cli-context.ts";
import type { BuilderArchitecture } from "./builder-platform.ts";
import type { BuildOutcome, Lease } from "./lease.ts";
import { solveOnBuilder } from "./solve-on-builder.ts";
import type { BuildServices } from "./solve-services.ts";
import { createStepRecord, type StepRecord } from "./step-record.ts";

/** A build that is about to run. */
export interface BuildRun {
  readonly request: BuildRequest;
  readonly architecture: BuilderArchitecture;
  readonly services: BuildServices;
  readonly lease: Lease;
  readonly display: ProgressDisplay;
  readonly clock: Clock;
  readonly context: CliContext;
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
 * Runs a build from its lease to its end: finds the builder, solves, and tells the server how it ended, also when it
 * failed or was canceled.
 *
 * @throws {SolveError} when the build itself failed; `Problem`s of the way to the builder; the reason on abort
 */
export async function runBuild(run: BuildRun): Promise<SolveResult> {
  const { lease, display, context } = run;
  const signal = anySignal(context.signal, lease.canceled);
  const record = createStepRecord(display);
  if (lease.url !== undefined) openStep(record, `[depot] build: ${lease.url}`).done();
  const solving = solveOnBuilder({ ...run, record, signal });
  let canceling: Promise<unknown> | undefined;
  using _ = onAbort(signal, () => {
    canceling = cancel(run, solving);
  });
  try {
    const result = await solving;
    await end(run, record, { kind: "success" });
    return result;
  } catch (error) {
    if (canceling === undefined) await end(run, record, { kind: "error", message: messageOf(error) }, error);
    else await Promise.all([canceling, display.finish(error)]);
    signal.throwIfAborted();
    throw error;
  }
}

async function cancel({ lease, clock }: BuildRun, solving: Promise<unknown>): Promise<void> {
  await Promise.race([solving.catch(() => undefined), clock.sleep(STOP_LIMIT_MS)]);
  await lease.finish({ kind: "canceled" }, CANCEL_LIMIT_MS);
}

async function end(run: BuildRun, record: StepRecord, outcome: BuildOutcome, error?: unknown): Promise<void> {
  const { lease, display, clock, context } = run;
  const reporting = lease.report(record.take());
  const [failure] = await Promise.all([lease.finish(outcome, FINISH_LIMIT_MS), display.finish(error)]);
  await Promise.race([reporting, clock.sleep(REPORT_LIMIT_MS)]);
  if (failure !== undefined)
    context.terminal.warn(`could not tell the server how the build ended: ${messageOf(failure)}`);
}
