import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import type { ServiceImpl } from "@connectrpc/connect";
import { coreBuildV1 } from "@opendepot/api/services";
import { findBuild, findProject } from "../access/find.ts";
import type { Build } from "../store/builds.ts";
import { callerOf } from "./caller.ts";
import type { ApiDeps } from "./deps.ts";
import { fromPageToken, pageLimit, toPageToken } from "./page-token.ts";

type Service = ServiceImpl<typeof coreBuildV1.BuildService>;

const PAGE = { default: 50, max: 200 };

/** `depot.core.v1.BuildService`: builds of a project, for programs. Sharing is not served yet. */
export function coreBuilds(deps: ApiDeps): Pick<Service, "listBuilds" | "getBuild"> {
  const { builds, projects } = deps.stores;
  return {
    async listBuilds({ projectId, pageSize, pageToken }, context) {
      await findProject(projects, callerOf(context), projectId);
      const limit = pageLimit(pageSize, PAGE);
      const [before] = fromPageToken(pageToken, 1) ?? [];
      const listed = await builds.list(projectId, { before, limit });
      const last = listed.at(-1);
      return {
        builds: await Promise.all(listed.map((build) => toWire(deps, build))),
        nextPageToken: last && listed.length === limit ? toPageToken(last.number) : "",
      };
    },

    async getBuild({ buildId }, context) {
      return { build: await toWire(deps, await findBuild(builds, callerOf(context), buildId)) };
    },
  };
}

const { Build_Status: Status } = coreBuildV1;

const WIRE_STATUS = {
  created: Status.RUNNING,
  waiting: Status.RUNNING,
  running: Status.RUNNING,
  succeeded: Status.SUCCESS,
  failed: Status.FAILED,
  canceled: Status.CANCELED,
} as const satisfies Record<Build["state"], coreBuildV1.Build_Status>;

async function toWire({ stores }: ApiDeps, build: Build) {
  const { total, cached } = await stores.steps.count(build.id);
  const { startedAt, finishedAt } = build;
  const from = (startedAt ?? build.createdAt).getTime();
  return {
    buildId: build.id,
    status: WIRE_STATUS[build.state],
    createdAt: timestampFromDate(build.createdAt),
    totalSteps: total,
    cachedSteps: cached,
    ...(startedAt ? { startedAt: timestampFromDate(startedAt) } : {}),
    ...(finishedAt
      ? {
          finishedAt: timestampFromDate(finishedAt),
          buildDurationSeconds: Math.max(0, Math.round((finishedAt.getTime() - from) / 1000)),
        }
      : {}),
  };
}
