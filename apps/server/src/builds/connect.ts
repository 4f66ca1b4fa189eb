import { abortable, type Clock } from "@opendepot/base";
import type { Architecture, Builder } from "@opendepot/builder";
import type { BuilderPool } from "../builders/pool.ts";
import { builderIdOf, newLongId } from "../ids.ts";
import { buildEnded } from "../problems.ts";
import type { Build } from "../store/builds.ts";
import type { Lease, LeaseStore } from "../store/leases.ts";
import type { StartFailures } from "./start-failures.ts";

/** What giving a build its builder takes. */
export interface ConnectDeps {
  readonly leases: Pick<LeaseStore, "request" | "activate">;
  readonly pool: Pick<BuilderPool, "start">;
  readonly failures: StartFailures;
  readonly clock: Clock;
  /** How long one call waits for a builder that starts, before it says `pending`. */
  readonly holdMs: number;
}

/** What a client is told that asks for a builder. */
export type Connection =
  | { readonly kind: "pending"; readonly waitMs: number }
  | { readonly kind: "active"; readonly builder: Builder };

/** Engines start in a tenth of a second to a few seconds. */
const PENDING_WAIT_MS = 250;

/**
 * Leases the builder of an architecture to a build and starts it if need be. A builder that is awake, or up within
 * `holdMs`, is `active` at the first call. A start that fails ends this call, or the next one, with its problem: clients
 * have no limit of their own on `pending`.
 *
 * @throws {Problem} `build_ended`, and whatever the builder's start throws
 */
export async function connectBuild(
  deps: ConnectDeps,
  build: Pick<Build, "id" | "projectId" | "reason">,
  options: { readonly architecture: Architecture; readonly signal: AbortSignal },
): Promise<Connection> {
  const builderId = builderIdOf(build.projectId, options.architecture);
  const lease = await requestLease(deps, build, { builderId, architecture: options.architecture });
  const failure = deps.failures.take(build.id, builderId);
  if (failure) throw failure;
  const started = await startWithin(deps, { buildId: build.id, builderId }, options.signal);
  if (!started) return { kind: "pending", waitMs: PENDING_WAIT_MS };
  if (lease.state === "waiting" && !(await deps.leases.activate(lease, deps.clock.now()))) {
    // Another call of the same build may have been quicker; a build that is over gets no lease.
    await requestLease(deps, build, { builderId, architecture: options.architecture });
  }
  return { kind: "active", builder: started };
}

async function requestLease(
  deps: ConnectDeps,
  build: Pick<Build, "id" | "projectId" | "reason">,
  builder: { readonly builderId: string; readonly architecture: Architecture },
): Promise<Lease> {
  const { id: buildId, projectId } = build;
  const lease = await deps.leases.request({
    ...{ id: newLongId(), buildId, projectId, now: deps.clock.now() },
    ...builder,
  });
  if (!lease) throw buildEnded(buildId, build.reason ?? "it has ended");
  return lease;
}

/** The builder, or undefined when it is not up within `holdMs`; its failure is then kept for the next call. */
async function startWithin(
  deps: ConnectDeps,
  lease: { readonly buildId: string; readonly builderId: string },
  signal: AbortSignal,
): Promise<Builder | undefined> {
  const starting = deps.pool.start(lease.builderId);
  const timer = new AbortController();
  const held = deps.clock.sleep(deps.holdMs, timer.signal).then(
    () => undefined,
    () => undefined,
  );
  try {
    const running = await abortable(Promise.race([starting, held]), signal);
    if (!running) deps.failures.watch(lease, starting);
    return running?.builder;
  } finally {
    timer.abort();
  }
}
