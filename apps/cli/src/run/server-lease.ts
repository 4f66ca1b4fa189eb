import {
  type ApiClient,
  BuildApi,
  type BuildOptionsJson,
  type CreateBuildResponseJson,
  ProjectApi,
} from "@opendepot/api";
import { abortable, type Clock, isProblem, Problem, Secret, withTimeout } from "@opendepot/base";
import type { StatusResponse } from "@opendepot/buildkit/wire";
import { projectMissing } from "../problems.ts";
import { unknownProject } from "../unknown-project.ts";
import { type ActiveConnection, toEndpoint } from "./active-connection.ts";
import { startHeartbeats } from "./heartbeats.ts";
import type { BuilderAnswer, BuildOutcome, Lease } from "./lease.ts";
import type { BuilderArchitecture } from "./parts.ts";
import { retryTransient } from "./retry-transient.ts";
import { readSaving } from "./saving.ts";
import { toStatusJson } from "./status-json.ts";

/** What a build is created with. */
export interface ServerLeaseOptions {
  readonly api: ApiClient;
  readonly serverUrl: URL;
  /** Absent: the server finds it by the token. */
  readonly projectId: string | undefined;
  /** What is built, a target each. */
  readonly targets: readonly BuildOptionsJson[];
  /** The builders that will be asked for. */
  readonly architectures: readonly BuilderArchitecture[];
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Called when the server was asked for a build and has not answered yet. */
  readonly onAsked?: () => void;
}

/** A server that starts an engine may take its time to say so. */
const ASK_TIMEOUT_MS = 60_000;

/** A build that never ran, since something on this machine was wrong, is not waited for long. */
const DISPOSE_LIMIT_MS = 800;

/**
 * Creates a build on the server and keeps it alive with heartbeats until it is finished; disposing cancels it
 * if it is not.
 *
 * @throws {Problem} `project_missing`, `project_unknown`, those of the API
 */
export async function openServerLease(options: ServerLeaseOptions): Promise<Lease & AsyncDisposable> {
  const { api, architectures, clock, signal } = options;
  const created = await createBuild(options);
  const buildId = created.buildId ?? "";
  const token = new Secret(created.buildToken ?? "");
  const ask = (architecture: BuilderArchitecture, askSignal: AbortSignal): Promise<BuilderAnswer> =>
    retryTransient({ clock, limitMs: 20_000, signal: askSignal }, async () => {
      const callOptions = { token, signal: askSignal, timeoutMs: ASK_TIMEOUT_MS };
      const request = { buildId, platform: PLATFORMS[architecture] };
      return toAnswer(await api.call(BuildApi.getBuildKitConnection, request, callOptions));
    });
  // Asked for at once where the server did not tell with its first answer, so that builders wake while the code that
  // speaks to them is being loaded.
  const told = created.connections ?? [];
  const firstAnswers = new Map(
    architectures.map((architecture, index) => {
      const first = told[index];
      return [architecture, first?.active ? Promise.resolve(toAnswer(first)) : ask(architecture, signal)];
    }),
  );
  for (const answer of firstAnswers.values()) answer.catch(() => undefined); // awaited by whoever asks first
  const asked = new Set(architectures);
  const heartbeats = startHeartbeats({
    clock,
    beat: (beatSignal) => beatForAll([...asked], { api, token, buildId, signal: beatSignal }),
  });
  let isFinished = false;
  const finishOnce = async (outcome: BuildOutcome, limitMs: number): Promise<unknown> => {
    if (isFinished) return undefined;
    isFinished = true;
    await heartbeats[Symbol.asyncDispose]();
    return await finish({ api, token, buildId, clock }, outcome, limitMs);
  };
  return {
    buildId,
    projectId: created.projectId || options.projectId,
    url: created.buildUrl || undefined,
    saving: readSaving(created, options.serverUrl),
    canceled: heartbeats.canceled,
    askForBuilder: async (architecture, askSignal) => {
      asked.add(architecture);
      const answer = firstAnswers.get(architecture) ?? ask(architecture, askSignal);
      firstAnswers.delete(architecture);
      return await abortable(answer, askSignal);
    },
    report: async (status) => await report({ api, token, buildId, status, signal }),
    finish: finishOnce,
    [Symbol.asyncDispose]: async () => void (await finishOnce({ kind: "canceled" }, DISPOSE_LIMIT_MS)),
  };
}

/** The first TLS context of a process takes ten times as long as later ones: it is made while the server answers. */
function warmUpTls(): void {
  void import("node:tls").then(({ createSecureContext }) => createSecureContext({ ca: [], minVersion: "TLSv1.3" }));
}

const PLATFORMS = { amd64: "BUILDER_PLATFORM_AMD64", arm64: "BUILDER_PLATFORM_ARM64" } as const;

/** One heartbeat for each builder; the first answer that cancels the build counts. */
async function beatForAll(
  architectures: readonly BuilderArchitecture[],
  { api, token, buildId, signal }: Peer & { readonly signal: AbortSignal },
): Promise<{ readonly cancelsAt?: string | undefined }> {
  const beats = architectures.map((architecture) =>
    api.call(BuildApi.reportBuildHealth, { buildId, platform: PLATFORMS[architecture] }, { token, signal }),
  );
  const answers = await Promise.all(beats);
  return answers.find(({ cancelsAt }) => cancelsAt !== undefined) ?? {};
}

async function createBuild(options: ServerLeaseOptions): Promise<CreateBuildResponseJson> {
  const { api, projectId, signal } = options;
  try {
    const request = {
      ...(projectId && { projectId }),
      options: [...options.targets],
      requiredEngine: { buildkit: {} },
      connectPlatforms: options.architectures.map((architecture) => PLATFORMS[architecture]),
    };
    const creating = api.call(BuildApi.createBuild, request, { signal });
    setImmediate(() =>
      setImmediate(() => {
        options.onAsked?.(); // by now the request is on its way
        setImmediate(warmUpTls);
      }),
    );
    return await creating;
  } catch (error) {
    throw await explainMissingProject(error, { api, projectId, signal });
  }
}

/** Says which projects there are when the server does not know the one that was asked for. */
async function explainMissingProject(
  error: unknown,
  { api, projectId, signal }: Pick<ServerLeaseOptions, "api" | "projectId" | "signal">,
): Promise<unknown> {
  if (!isProblem(error) || error.detail["connectCode"] !== "not_found") return error;
  try {
    const { projects = [] } = await api.call(ProjectApi.listProjects, {}, { signal, timeoutMs: 5_000 });
    return projectId === undefined ? projectMissing(projects) : unknownProject(projectId, projects);
  } catch {
    return error; // the first error is the one that matters
  }
}

type ConnectionJson = NonNullable<(typeof BuildApi.getBuildKitConnection)["response"]>;

function toAnswer({ active, pending }: ConnectionJson): BuilderAnswer {
  if (active) return { kind: "active", endpoint: toEndpoint(active as ActiveConnection) };
  return { kind: "pending", waitMs: pending?.waitMs ?? 1_000 };
}

interface Peer {
  readonly api: ApiClient;
  readonly token: Secret;
  readonly buildId: string;
}

async function report({
  api,
  token,
  buildId,
  status,
  signal,
}: Peer & { status: StatusResponse; signal: AbortSignal }): Promise<void> {
  const request = { buildId, statuses: [toStatusJson(status)] };
  await api.call(BuildApi.reportStatus, request, { token, signal, timeoutMs: 5_000 }).catch(() => undefined);
}

async function finish(
  { api, token, buildId, clock }: Peer & { clock: Clock },
  outcome: BuildOutcome,
  limitMs: number,
): Promise<unknown> {
  const result =
    outcome.kind === "success"
      ? { success: {} }
      : outcome.kind === "canceled"
        ? { canceled: {} }
        : { error: { error: outcome.message } };
  try {
    await withTimeout(limitMs, tellingTookTooLong, (signal) =>
      retryTransient({ clock, limitMs, signal }, () =>
        api.call(BuildApi.finishBuild, { buildId, ...result }, { token, signal }),
      ),
    );
    return undefined;
  } catch (error) {
    return error;
  }
}

function tellingTookTooLong(): Problem<"api_timeout"> {
  return new Problem("api_timeout", "the server did not answer in time");
}
