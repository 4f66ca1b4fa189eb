import {
  type BuildkitClient,
  ConnectionLostError,
  GrpcError,
  openBuildkit,
  openStep,
  type SolveResult,
  solve,
} from "@opendepot/buildkit";
import type { Platform } from "@opendepot/oci";
import { emulationNote } from "./builder-platform.ts";
import { dockerConfigFolder, readProxyArgs, withProxyArgs } from "./docker-config.ts";
import type { BuildRun } from "./run-build.ts";
import { createRunningSteps } from "./running-steps.ts";
import { type SolveRequest, toSolveRequest } from "./solve-request.ts";
import type { StepRecord } from "./step-record.ts";
import { readVcsAttrs } from "./vcs.ts";
import { waitForBuilder } from "./wait-for-builder.ts";

/** A build on its way to the builder. */
export interface BuilderRun extends BuildRun {
  readonly record: StepRecord;
  /** Aborts when the person or the server cancels. */
  readonly signal: AbortSignal;
}

/** BuildKit loses its graph now and then under load and finds it when asked again: moby/buildkit#1673 and its like. */
const GRAPH_ERROR = /inconsistent graph state|failed to get state for index/;
const MAX_GRAPH_RETRIES = 5;
const GRAPH_PAUSE_MS = 100;

/**
 * Finds the builder and solves on it. A connection that is lost in the middle, as when the server is restarted, is made
 * once more, provided that the server still gives out the builder; then the steps that were done come from the cache.
 * An engine that died is told by the gateway over a connection that stands: that ends the build.
 */
export async function solveOnBuilder(run: BuilderRun): Promise<SolveResult> {
  const preparing = prepare(run);
  preparing.catch(() => undefined); // awaited below, after the builder is there
  try {
    return await connectAndSolve(run, preparing);
  } catch (error) {
    if (!isConnectionLost(error) || run.signal.aborted || run.request.output?.target.kind === "stdout") throw error;
    openStep(run.record, "[depot] connection to the builder lost, connecting again").done();
    return await connectAndSolve(run, preparing);
  }
}

/** What the solve says of this machine; read while the builder is waited for. */
async function prepare({ request, context }: BuilderRun): Promise<SolveRequest> {
  const around = { hostName: context.host.name, vcsAttrs: {}, proxyArgs: {} };
  const { folders } = toSolveRequest(request, around);
  const [proxies, vcsAttrs] = await Promise.all([
    readProxyArgs(dockerConfigFolder(context)),
    readVcsAttrs({ environment: context.environment, folder: request.context.folder, folders }),
  ]);
  const proxyArgs = withProxyArgs(request.buildArgs, proxies);
  return toSolveRequest(request, { ...around, proxyArgs, vcsAttrs });
}

async function connectAndSolve(run: BuilderRun, preparing: Promise<SolveRequest>): Promise<SolveResult> {
  const { architecture, lease, clock, signal } = run;
  const endpoint = await step(run, `[depot] launching ${architecture} machine`, () =>
    waitForBuilder(lease, { clock, signal }),
  );
  await using client = await step(run, `[depot] connecting to ${architecture} machine`, () =>
    openBuildkit(endpoint, { signal }),
  );
  if (run.request.platform !== undefined) await noteEmulation(run, client);
  const solveRequest = await preparing;
  for (let retries = 0; ; retries++) {
    try {
      return await solveOnce(run, client, solveRequest);
    } catch (error) {
      const isGraphError = error instanceof GrpcError && GRAPH_ERROR.test(error.message);
      if (!isGraphError || retries >= MAX_GRAPH_RETRIES) throw error;
    }
    await clock.sleep(GRAPH_PAUSE_MS, signal);
  }
}

async function solveOnce(run: BuilderRun, client: BuildkitClient, request: SolveRequest): Promise<SolveResult> {
  const { folders, ...input } = request;
  const services = run.services.forSolve(folders);
  const steps = createRunningSteps(run.display);
  try {
    return await solve(client, { ...input, services }, { signal: run.signal, onStatus: steps.update });
  } catch (error) {
    if (isConnectionLost(error)) steps.cancel(run.clock.now());
    throw error;
  }
}

/** Runs `work` as a step of our own. */
async function step<T>({ record }: BuilderRun, name: string, work: () => Promise<T>): Promise<T> {
  const shown = openStep(record, name);
  try {
    const result = await work();
    shown.done();
    return result;
  } catch (error) {
    shown.fail(error);
    throw error;
  }
}

/** Says so when the builder emulates the architecture: its engine names the machine's own platform first. */
async function noteEmulation(run: BuilderRun, client: BuildkitClient): Promise<void> {
  const workers = await client.listWorkers({ signal: run.signal });
  const first = workers[0]?.platforms[0];
  const own: Platform | undefined = first && { os: first.os, architecture: first.architecture };
  const note = emulationNote(run.architecture, own);
  if (note !== undefined) openStep(run.record, note).done();
}

function isConnectionLost(error: unknown): boolean {
  return error instanceof ConnectionLostError;
}
