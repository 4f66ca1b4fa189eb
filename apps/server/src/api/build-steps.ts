import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import type { ServiceImpl } from "@connectrpc/connect";
import { buildV1 } from "@opendepot/api/services";
import { findBuild } from "../access/find.ts";
import { createBuild } from "../builds/create.ts";
import { finishBuild } from "../builds/finish.ts";
import { argumentInvalid, buildNotFound } from "../problems.ts";
import type { Build } from "../store/builds.ts";
import type { LogEntry, Step } from "../store/steps.ts";
import { callerOf } from "./caller.ts";
import type { ApiDeps } from "./deps.ts";
import { fromPageToken, pageLimit, toPageToken } from "./page-token.ts";

type Service = ServiceImpl<typeof buildV1.BuildService>;
type Caller = Parameters<typeof callerOf>[0];

const STEPS_PAGE = { default: 100, max: 1000 };
const LOGS_PAGE = { default: 500, max: 5000 };

/** `depot.build.v1.BuildService`: builds that another service drives, and the steps and logs of any build. */
export function buildSteps(deps: ApiDeps): ServiceImpl<typeof buildV1.BuildService> {
  const { steps } = deps.stores;
  return {
    ...drivenBuilds(deps),

    async getBuildSteps({ projectId, buildId, pageSize, pageToken }, context) {
      await findBuildOf(deps, context, { projectId, buildId });
      await deps.recorder.settle(buildId);
      const limit = pageLimit(pageSize, STEPS_PAGE);
      const [after] = fromPageToken(pageToken, 1) ?? [];
      const listed = await steps.list(buildId, { after, limit });
      const last = listed.at(-1);
      return {
        buildSteps: listed.map(toWireStep),
        ...(last && listed.length === limit ? { nextPageToken: toPageToken(last.id) } : {}),
      };
    },

    async getBuildStepLogs({ projectId, buildId, buildStepDigest, pageSize, pageToken }, context) {
      await findBuildOf(deps, context, { projectId, buildId });
      await deps.recorder.settle(buildId);
      const step = await steps.findByDigest(buildId, buildStepDigest);
      if (!step) throw argumentInvalid(`build ${buildId} has no step ${JSON.stringify(buildStepDigest)}`);
      const limit = pageLimit(pageSize, LOGS_PAGE);
      const [atNs, stream, checksum] = fromPageToken(pageToken, 3) ?? [];
      const after =
        atNs === undefined || stream === undefined || checksum === undefined
          ? undefined
          : { atNs, stream: Number(stream), checksum };
      const entries = await steps.readLog(step.id, { after, limit });
      const last = entries.at(-1);
      return {
        logs: entries.map(toWireLog),
        ...(last && entries.length === limit
          ? { nextPageToken: toPageToken(last.atNs, BigInt(last.stream), last.checksum) }
          : {}),
      };
    },
  };
}

function drivenBuilds(deps: ApiDeps): Pick<Service, "createBuild" | "finishBuild"> {
  return {
    async createBuild({ projectId }, context) {
      const created = await createBuild(deps.create, callerOf(context), { projectId, targets: [] });
      return { buildId: created.id, buildToken: created.token.reveal() };
    },

    async finishBuild({ buildId, result }, context) {
      await findBuild(deps.stores.builds, callerOf(context), buildId);
      if (result.case === undefined) throw argumentInvalid("a build ends with success or error");
      const reason = result.case === "error" ? result.value.error.slice(0, 65_536).replaceAll("\0", "") : undefined;
      const state = result.case === "success" ? "succeeded" : "failed";
      await finishBuild(deps.finish, buildId, { state, by: "client", reason });
      return {};
    },
  };
}

async function findBuildOf(
  deps: ApiDeps,
  context: Caller,
  { projectId, buildId }: { projectId: string; buildId: string },
): Promise<Build> {
  const build = await findBuild(deps.stores.builds, callerOf(context), buildId);
  if (projectId !== "" && build.projectId !== projectId) throw buildNotFound(buildId);
  return build;
}

const { GetBuildStepsResponse_BuildStep_CacheState: CacheState } = buildV1;

function toWireStep(step: Step) {
  return {
    name: step.name,
    digest: step.digest,
    cacheState: step.isCached ? CacheState.CACHED : CacheState.UNCACHED,
    hasLogs: step.logBytes > 0,
    ...(step.startedAt ? { startedAt: timestampFromDate(step.startedAt) } : {}),
    ...(step.completedAt ? { completedAt: timestampFromDate(step.completedAt) } : {}),
    ...(step.error === undefined ? {} : { error: step.error }),
  };
}

function toWireLog({ atNs, message }: LogEntry) {
  const timestamp = { seconds: atNs / 1_000_000_000n, nanos: Number(atNs % 1_000_000_000n) };
  return { message: message.toString("utf8"), timestamp };
}
