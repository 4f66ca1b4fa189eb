import type { MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import type { ServiceImpl } from "@connectrpc/connect";
import { cliV1 } from "@opendepot/api/services";
import type { Secret } from "@opendepot/base";
import type { Architecture } from "@opendepot/builder";
import { serverNameOf } from "@opendepot/gateway";
import { findBuild, findProject } from "../access/find.ts";
import { connectBuild } from "../builds/connect.ts";
import { createBuild } from "../builds/create.ts";
import { finishBuild } from "../builds/finish.ts";
import { noteHeartbeat } from "../builds/heartbeat.ts";
import { argumentInvalid, notAvailableYet } from "../problems.ts";
import { REGISTRY_USERNAME } from "../registry/access.ts";
import { saveNames } from "../registry/image-names.ts";
import type { Build, BuildTarget } from "../store/builds.ts";
import { callerOf } from "./caller.ts";
import { type ApiDeps, buildUrlOf, registryHostOfDeps } from "./deps.ts";
import { fromPageToken, pageLimit, toPageToken } from "./page-token.ts";

type Service = ServiceImpl<typeof cliV1.BuildService>;

/** The hosted product's clients read one page only. */
const PAGE = { default: 50, max: 500 };

/** `depot.cli.v1.BuildService`: what drives a build. What its clients report of a build is in `cli-reports.ts`. */
export function cliBuilds(
  deps: ApiDeps,
): Pick<
  Service,
  "createBuild" | "getBuild" | "getBuildKitConnection" | "reportBuildHealth" | "finishBuild" | "listBuilds"
> {
  const { stores, addresses } = deps;
  const certificateEnd = ({ createdAt }: Pick<Build, "createdAt">): Date =>
    new Date(createdAt.getTime() + deps.create.maxBuildMs);
  const connect = async (build: ConnectingBuild, options: Connecting): Promise<ConnectionInit> => {
    const connection = await connectBuild({ ...deps.connect, ...options }, build, options);
    if (connection.kind === "pending") {
      return { connection: { case: "pending", value: { waitMs: connection.waitMs } } };
    }
    const { certPem, keyPem } = await deps.certificates.of({ buildId: build.id, expiresAt: certificateEnd(build) });
    return {
      connection: {
        case: "active",
        value: {
          endpoint: addresses.gateway,
          serverName: serverNameOf(connection.builder.id),
          cert: { cert: certPem, key: keyPem },
          caCert: { cert: deps.caPem, key: "" },
          compressor: { case: "identity", value: {} },
        },
      },
    };
  };
  return {
    async createBuild({ projectId, options, requiredEngine, connectPlatforms }, context) {
      if (requiredEngine?.engine.case === "dagger") throw notAvailableYet("the Dagger engine");
      const targets = options.map(toTarget);
      const registryHost = registryHostOfDeps(deps);
      // Before the build is written: what cannot be saved is told while nothing has begun.
      checkSaveTags(targets, registryHost);
      const created = await createBuild(deps.create, callerOf(context), { projectId, targets });
      deps.certificates.prepare({ buildId: created.id, expiresAt: certificateEnd(created) });
      const build = { ...created, projectId: created.project.id, reason: undefined };
      const connecting = [...new Set(connectPlatforms.map(toArchitecture))].map((architecture) => {
        const wanted = { architecture, signal: context.signal, holdMs: CREATE_HOLD_MS };
        // Whoever asks for the builder by itself is told what is wrong with it; the build is there.
        return connect(build, wanted).catch((): ConnectionInit => ASK_AGAIN);
      });
      const connections = await Promise.all(connecting);
      return {
        buildId: created.id,
        buildToken: created.token.reveal(),
        projectId: created.project.id,
        buildUrl: buildUrlOf(addresses, { id: created.id, projectId: created.project.id }),
        registry: { canUseLocalRegistry: false, proxyImage: "", loadUsingRegistry: false },
        connections,
        ...toSaving(targets, {
          registryHost,
          projectId: created.project.id,
          buildId: created.id,
          token: created.token,
        }),
      };
    },

    async getBuild({ buildId }, context) {
      const build = await findBuild(stores.builds, callerOf(context), buildId);
      return { buildId, projectId: build.projectId, buildUrl: buildUrlOf(addresses, build) };
    },

    async getBuildKitConnection({ buildId, platform }, context) {
      const build = await findBuild(stores.builds, callerOf(context), buildId);
      return await connect(build, { architecture: toArchitecture(platform), signal: context.signal });
    },

    async reportBuildHealth({ buildId, platform }, context) {
      const build = await findBuild(stores.builds, callerOf(context), buildId);
      const heartbeat = { builds: stores.builds, leases: stores.leases, clock: deps.clock };
      const cancelsAt = await noteHeartbeat(heartbeat, build, toArchitecture(platform));
      return cancelsAt ? { cancelsAt: timestampFromDate(cancelsAt) } : {};
    },

    async finishBuild({ buildId, result }, context) {
      await findBuild(stores.builds, callerOf(context), buildId);
      deps.certificates.forget(buildId);
      await finishBuild(deps.finish, buildId, toEnd(result));
      return {};
    },

    async listBuilds({ projectId, pageSize, pageToken }, context) {
      await findProject(stores.projects, callerOf(context), projectId);
      const limit = pageLimit(pageSize, PAGE);
      const [before] = fromPageToken(pageToken, 1) ?? [];
      const builds = await stores.builds.list(projectId, { before, limit });
      const last = builds.at(-1);
      return {
        builds: builds.map(toListed),
        nextPageToken: last && builds.length === limit ? toPageToken(last.number) : "",
      };
    },
  };
}

type ConnectionInit = MessageInitShape<typeof cliV1.GetBuildKitConnectionResponseSchema>;
type ConnectingBuild = Pick<Build, "id" | "projectId" | "reason" | "createdAt">;

interface Connecting {
  readonly architecture: Architecture;
  readonly signal: AbortSignal;
  /** Instead of the server's own. */
  readonly holdMs?: number;
}

/** A build's creation waits for no builder that has to be started. */
const CREATE_HOLD_MS = 50;

const ASK_AGAIN = { connection: { case: "pending", value: { waitMs: 1 } } } as const;

/** Clients that name no platform run on the architecture that everything runs on. */
function toArchitecture(platform: cliV1.BuilderPlatform): Architecture {
  return platform === cliV1.BuilderPlatform.ARM64 ? "arm64" : "amd64";
}

function toTarget(target: cliV1.BuildOptions): BuildTarget {
  const { command, tags, push, load, lint, save, saveTags } = target;
  const outputs = target.outputs.map(({ kind, attributes }) => ({ kind, attributes: { ...attributes } }));
  return { command, tags, push, load, lint, save, saveTags, outputs, name: target.targetName };
}

interface Saving {
  readonly registryHost: string;
  readonly projectId: string;
  readonly buildId: string;
  readonly token: Secret;
}

function saveTagsOf(targets: readonly BuildTarget[]): string[] {
  return targets.filter(({ save }) => save).flatMap(({ saveTags }) => saveTags);
}

/** @throws {Problem} `argument_invalid` */
function checkSaveTags(targets: readonly BuildTarget[], registryHost: string): void {
  saveNames({ registryHost, projectId: "-", buildId: "-" }, saveTagsOf(targets));
}

/** Where the client pushes what is saved, and with which credentials. */
function toSaving(targets: readonly BuildTarget[], { registryHost, token, ...build }: Saving) {
  if (!targets.some(({ save }) => save)) return {};
  const names = saveNames({ registryHost, ...build }, saveTagsOf(targets));
  const credentials = Buffer.from(`${REGISTRY_USERNAME}:${token.reveal()}`).toString("base64");
  return {
    additionalTags: names.map(({ repository, tag }) => ({ tag: `${registryHost}/${repository}:${tag}`, push: true })),
    additionalCredentials: [{ host: registryHost, token: credentials }],
  };
}

function toEnd(result: cliV1.FinishBuildRequest["result"]) {
  switch (result.case) {
    case "success":
      return { state: "succeeded", by: "client" } as const;
    case "error":
      return { state: "failed", by: "client", reason: cut(result.value.error) } as const;
    case "canceled":
      return { state: "canceled", by: "client", reason: "its client canceled it" } as const;
    default:
      throw argumentInvalid("a build ends with success, error or canceled", "set one of them in the request");
  }
}

const MAX_REASON = 65_536;

function cut(text: string): string {
  return text.slice(0, MAX_REASON).replaceAll("\0", "");
}

const WIRE_STATUS = {
  created: cliV1.BuildStatus.RUNNING,
  waiting: cliV1.BuildStatus.RUNNING,
  running: cliV1.BuildStatus.RUNNING,
  succeeded: cliV1.BuildStatus.FINISHED,
  failed: cliV1.BuildStatus.FAILED,
  canceled: cliV1.BuildStatus.CANCELED,
} as const satisfies Record<Build["state"], cliV1.BuildStatus>;

function toListed(build: Build) {
  return {
    id: build.id,
    status: WIRE_STATUS[build.state],
    createdAt: timestampFromDate(build.createdAt),
    ...(build.finishedAt ? { finishedAt: timestampFromDate(build.finishedAt) } : {}),
  };
}
