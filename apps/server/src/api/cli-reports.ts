import { createHash } from "node:crypto";
import type { Timestamp } from "@bufbuild/protobuf/wkt";
import type { ServiceImpl } from "@connectrpc/connect";
import type { cliV1, controlV1 } from "@opendepot/api/services";
import { findBuild } from "../access/find.ts";
import type { Principal } from "../access/principal.ts";
import type { EngineStatus } from "../status/engine-status.ts";
import { callerOf } from "./caller.ts";
import type { ApiDeps } from "./deps.ts";

type Service = ServiceImpl<typeof cliV1.BuildService>;

/** The source of what clients report themselves: no solve of BuildKit's. */
const CLIENT_REF = "";
const MAX_DOCKERFILE = 1024 * 1024;
const MAX_DOCKERFILES = 100;

/**
 * `depot.cli.v1.BuildService`: what clients tell of a build. All of it may come after the build has ended: clients send
 * their last batch when they are done.
 */
export function cliReports(
  deps: ApiDeps,
): Pick<Service, "reportStatus" | "reportStatusStream" | "reportTimings" | "reportBuildContext"> {
  const { builds } = deps.stores;
  return {
    async reportStatus(request, context) {
      await record(deps, callerOf(context), request);
      return {};
    },

    async reportStatusStream(requests, context) {
      const caller = callerOf(context);
      for await (const request of requests) await record(deps, caller, request);
      return {};
    },

    async reportTimings({ buildId, buildSteps }, context) {
      await findBuild(builds, callerOf(context), buildId);
      const stable: Record<string, string> = {};
      const vertexes = buildSteps.map((step) => {
        const vertex = toVertex(step);
        if (step.stableDigest) stable[vertex.digest] = step.stableDigest;
        return vertex;
      });
      await deps.recorder.record({ buildId, ref: CLIENT_REF }, { vertexes, logs: [], warnings: [] }, stable);
      return {};
    },

    async reportBuildContext({ buildId, dockerfiles }, context) {
      await findBuild(builds, callerOf(context), buildId);
      const kept = dockerfiles.slice(0, MAX_DOCKERFILES).map(({ target, filename, contents }) => ({
        target: target.replaceAll("\0", ""),
        filename: filename.replaceAll("\0", ""),
        contents: contents.slice(0, MAX_DOCKERFILE).replaceAll("\0", ""),
      }));
      await builds.writeDockerfiles(buildId, kept);
      return {};
    },
  };
}

interface StatusReport {
  readonly buildId: string;
  readonly statuses: readonly controlV1.StatusResponse[];
  readonly stableDigests: Readonly<Record<string, string>>;
}

/** Each batch names its build anew, so each is checked anew. */
async function record(deps: ApiDeps, caller: Principal, report: StatusReport): Promise<void> {
  const { id } = await findBuild(deps.stores.builds, caller, report.buildId);
  const source = { buildId: id, ref: CLIENT_REF };
  for (const status of report.statuses) await deps.recorder.record(source, status);
  if (Object.keys(report.stableDigests).length === 0) return;
  await deps.recorder.record(source, { vertexes: [], logs: [], warnings: [] }, report.stableDigests);
}

/** A step that was timed by the client, as a vertex that has completed. */
function toVertex(step: cliV1.BuildStep): EngineStatus["vertexes"][number] {
  const { name, stableDigest, startTime, durationMs, cached, inputDigests, error = "" } = step;
  const digest = `sha256:${createHash("sha256")
    .update(stableDigest ?? name)
    .digest("hex")}`;
  const times = startTime ? { started: startTime, completed: later(startTime, durationMs) } : {};
  return { digest, name, cached, inputs: inputDigests, error, ...times };
}

function later(start: Timestamp, durationMs: number): { seconds: bigint; nanos: number } {
  const nanos = start.seconds * 1_000_000_000n + BigInt(start.nanos) + BigInt(Math.max(0, durationMs)) * 1_000_000n;
  return { seconds: nanos / 1_000_000_000n, nanos: Number(nanos % 1_000_000_000n) };
}
