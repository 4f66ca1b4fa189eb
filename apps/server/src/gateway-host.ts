import { anySignal, isProblem, type Logger } from "@opendepot/base";
import type { StatusResponse } from "@opendepot/buildkit/wire";
import type { Admission, Caller, GatewayHost } from "@opendepot/gateway";
import type { BuilderPool } from "./builders/pool.ts";
import type { BuildEnds } from "./builds/ends.ts";
import { buildEnded, builderGone } from "./problems.ts";
import type { StatusRecorder } from "./status/recorder.ts";
import { type BuildStore, isEnd } from "./store/builds.ts";
import type { LeaseStore } from "./store/leases.ts";

/** What the gateway's host works with. */
export interface GatewayHostDeps {
  readonly builds: Pick<BuildStore, "find">;
  readonly leases: Pick<LeaseStore, "find">;
  readonly pool: Pick<BuilderPool, "start">;
  readonly ends: BuildEnds;
  readonly recorder: Pick<StatusRecorder, "record">;
  readonly logger: Logger;
}

/** Answers the gateway's questions from the database, and takes what it tells. */
export function createGatewayHost(deps: GatewayHostDeps): GatewayHost {
  return {
    admit: (caller) => admit(deps, caller),
    onSolve: ({ buildId, builderId }, ref) => deps.logger.debug("solve", { buildId, builderId, ref }),
    onStatus: async ({ buildId, builderId }, ref, status: StatusResponse) => {
      await deps.recorder.record({ buildId, builderId, ref }, status);
    },
  };
}

/**
 * Lets a build at a builder if it is not over and holds the builder's lease. The builder is started when it does not
 * run: after a restart of the server, clients come back without asking the API again.
 */
async function admit(deps: GatewayHostDeps, { buildId, builderId }: Caller): Promise<Admission> {
  const ended = deps.ends.signalOf(buildId);
  const [build, lease] = await Promise.all([deps.builds.find(buildId), deps.leases.find(buildId, builderId)]);
  if (!build || isEnd(build.state)) {
    const problem = buildEnded(buildId, build?.reason ?? build?.state ?? "there is no such build");
    deps.ends.end(buildId, problem);
    throw problem;
  }
  if (lease?.state === "released") throw buildEnded(buildId, "it ended a moment ago");
  if (lease?.state !== "active") throw builderGone(new Error("this build holds no lease of it"));
  const running = await deps.pool.start(builderId).catch((error: unknown) => {
    throw isProblem(error) ? error : builderGone(error);
  });
  ended.throwIfAborted();
  const { endpoint, engine } = running.builder;
  return {
    endpoint,
    ended: anySignal(ended, running.ended),
    unsafeCompressions: engine.unsafeCompressions,
  };
}
