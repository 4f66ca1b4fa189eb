import { type Clock, messageOf } from "@opendepot/base";
import {
  type BuildkitClient,
  buildWithGateway,
  ConnectionLostError,
  createContentStores,
  createFileSend,
  type GatewayClient,
  type GatewayResult,
  type GatewaySolveRequest,
  GrpcError,
  openLayoutOutput,
  openManifestOutput,
  openStep,
  prepareLocalCaches,
  type SolveInput,
  type SolveResult,
  type StatusSink,
  solve,
} from "@opendepot/buildkit";
import type { SolveRequest } from "../target/solve-request.ts";
import type { Builders } from "./builders.ts";
import type { PlannedExporters } from "./exporters.ts";
import type { BuilderPart } from "./parts.ts";
import type { PreparedTarget } from "./prepared-target.ts";
import { isPassingPushFailure } from "./push-failure.ts";
import { createRunningSteps } from "./running-steps.ts";
import { readSboms, type Sbom } from "./sboms.ts";
import type { SharedFolders } from "./shared-folders.ts";
import { descriptorOf } from "./target-result.ts";
import { warnOfProblem } from "./warn-of-problem.ts";

/** Drives a solve from here instead of leaving it to the frontend alone. */
export type Drive = (gateway: GatewayClient, request: GatewaySolveRequest) => Promise<GatewayResult | undefined>;

/** One part of a target on its way to its builder. */
export interface PartSolve {
  readonly prepared: PreparedTarget;
  readonly part: BuilderPart;
  /** Whether there are other parts, with which this one becomes an index. */
  readonly isPart: boolean;
  readonly planned: PlannedExporters;
  readonly builders: Builders;
  readonly display: StatusSink;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Serves folders that other targets read too. */
  readonly folders?: SharedFolders | undefined;
  readonly warn: (text: string) => void;
  readonly drive?: Drive | undefined;
  /** Keeps the solve out of the engine's history, as questions to a frontend are. */
  readonly isInternal?: boolean;
}

/** A part that is built. */
export interface PartResult extends SolveResult {
  readonly part: BuilderPart;
  /** The builder that built it, and still has it. */
  readonly client: BuildkitClient;
  /** Those of the result, where they are wanted. */
  readonly sboms: readonly Sbom[];
}

/** BuildKit loses its graph now and then under load and finds it when asked again: moby/buildkit#1673 and its like. */
const GRAPH_ERROR = /inconsistent graph state|failed to get state for index/;
const MAX_GRAPH_RETRIES = 5;
const GRAPH_PAUSE_MS = 100;

const MAX_PUSH_RETRIES = 3;
const PUSH_PAUSE_MS = 1_000;

/**
 * Solves a part on its builder. A connection that is lost in the middle is made once more; then the steps that were
 * done come from the cache. A push that failed for a reason that may pass is done again as a push, without the build.
 * An engine that died is told by the gateway over a connection that stands: that ends the
 * build.
 *
 * @throws {SolveError} when the build itself failed; `Problem`s of the way to the builder
 */
export async function solvePart(solving: PartSolve): Promise<PartResult> {
  const { builders, part, signal } = solving;
  const client = await builders.get(part.architecture);
  try {
    return await solveOn(client, solving);
  } catch (error) {
    if (!isConnectionLost(error) || signal.aborted || !isRepeatable(solving)) throw error;
    const again = await builders.renew(part.architecture, client);
    if (again === undefined) throw error;
    return await solveOn(again, solving);
  }
}

/** What was read from stdin or written to stdout cannot be taken back. */
function isRepeatable({ prepared, planned }: PartSolve): boolean {
  const usesStdin = prepared.target.context.source.kind === "archive" && !prepared.isSpooled;
  return !usesStdin && !planned.receivers.some((receiver) => receiver?.kind === "stream");
}

async function solveOn(client: BuildkitClient, solving: PartSolve): Promise<PartResult> {
  const { prepared, part, isPart, clock, signal, display } = solving;
  const own = prepared.requestFor(part, isPart);
  const request = solving.folders?.apply(own, client) ?? own;
  let pushes = 0;
  for (let retries = 0; ; retries++) {
    try {
      return { ...(await solveOnce(client, solving, pushes > 0 ? fromCache(request) : request)), part, client };
    } catch (error) {
      const isPush = isPassingPushFailure(error);
      const isGraphError = error instanceof GrpcError && GRAPH_ERROR.test(error.message);
      const isLast = isPush ? ++pushes > MAX_PUSH_RETRIES : !isGraphError || retries >= MAX_GRAPH_RETRIES;
      if (isLast || signal.aborted || !isRepeatable(solving)) throw error;
      if (isPush) openStep(display, `[depot] pushing again: ${messageOf(error)}`).done();
    }
    await clock.sleep(pushes > 0 ? PUSH_PAUSE_MS * 2 ** (pushes - 1) : GRAPH_PAUSE_MS, signal);
  }
}

/** The same solve without anything that would run its steps again: they were done a moment ago. */
function fromCache(request: SolveRequest): SolveRequest {
  const { "no-cache": _, ...frontendAttrs } = request.frontendAttrs;
  return { ...request, frontendAttrs };
}

async function solveOnce(
  client: BuildkitClient,
  solving: PartSolve,
  request: SolveRequest,
): Promise<SolveResult & Pick<PartResult, "sboms">> {
  const { prepared, planned, display, signal, clock, drive } = solving;
  // What receives a result is made anew for each attempt, as it keeps what it has received.
  const caches = await prepareLocalCaches(request);
  const layout = planned.layout === undefined ? undefined : openLayoutOutput(planned.layout);
  await using manifests = planned.wantsSboms && layout === undefined ? await openManifestOutput() : undefined;
  const exported = layout ?? manifests;
  const stores = { ...prepared.stores, ...caches.stores, ...(exported && { [exported.storeId]: exported.store }) };
  for (const { src, reason } of caches.skipped) solving.warn(`no cache is imported from ${src}: ${reason}`);
  const onWarning = warnOfProblem(solving.warn);
  const whole = {
    ...solveInputOf(request),
    cacheImports: caches.cacheImports,
    cacheExports: caches.cacheExports,
    exporters: planned.exporters,
    services: [
      ...prepared.servicesFor(request),
      ...(planned.receivers.some((receiver) => receiver) ? [createFileSend(planned.receivers, { onWarning })] : []),
      ...(Object.keys(stores).length > 0 ? [createContentStores(stores)] : []),
    ],
    isInternal: solving.isInternal,
  };
  const { frontend, frontendInputs } = request;
  const steps = createRunningSteps(display);
  const options = { signal, onStatus: steps.update };
  try {
    const result =
      drive === undefined
        ? await solve(client, { ...whole, frontend, frontendInputs }, options)
        : await buildWithGateway(client, whole, (gateway) => drive(gateway, askedOf(request)), options);
    await Promise.all([caches.finish(result.exporterResponse), layout?.finish(result.exporterResponse)]);
    const root = manifests?.root ?? descriptorOf(result)?.digest;
    const sboms = planned.wantsSboms && exported && root ? await readSboms(exported.store, root) : [];
    return { ...result, sboms };
  } catch (error) {
    if (isConnectionLost(error)) steps.cancel(clock.now());
    throw error;
  }
}

function solveInputOf({ frontendAttrs, entitlements, sharedKey }: SolveRequest): SolveInput {
  return { frontendAttrs, entitlements, sharedKey };
}

/** What a driven solve asks of its frontend. */
function askedOf({ frontend, frontendAttrs, frontendInputs }: SolveRequest): GatewaySolveRequest {
  return { frontend, frontendOpt: frontendAttrs, frontendInputs };
}

/** How an engine tells of a session that broke off when its own answer still came through. */
const SESSION_LOST = /error reading from server|no active session for|transport is closing|closing transport/;

function isConnectionLost(error: unknown): boolean {
  return error instanceof ConnectionLostError || (error instanceof GrpcError && SESSION_LOST.test(error.message));
}
