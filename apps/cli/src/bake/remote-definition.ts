import { type BakeWords, chooseFiles, type RemoteInput } from "@opendepot/bake";
import { messageOf, systemClock } from "@opendepot/base";
import type { Invocation } from "@opendepot/command";
import { parseBuildPlatform } from "../build/build-platform.ts";
import { resolveProgress } from "../build/progress-mode.ts";
import type { CliContext } from "../cli-context.ts";
import { Builders } from "../run/builders.ts";
import { explainFailure, openDisplay } from "../run/engine-side.ts";
import type { Lease } from "../run/lease.ts";
import { planParts } from "../run/parts.ts";
import { createStepRecord } from "../run/step-record.ts";
import { openServer } from "../server.ts";
import { gitSecretsOf, gitServices } from "./git-access.ts";
import { openLease } from "./open-lease.ts";
import { findBakeProject, isDirect } from "./projects.ts";
import { namedFiles } from "./read-definition.ts";
import { type RemoteFiles, readRemoteFiles } from "./read-remote-files.ts";

/** A definition that a builder fetched, and the build in which it did. */
export interface RemoteDefinition extends RemoteFiles {
  readonly url: string;
  /** For `prepareTargets`. */
  readonly input: RemoteInput;
  /** The project that the build was asked for; undefined when the server found it. */
  readonly projectId: string | undefined;
  /** Of the build, which the targets go on with. */
  readonly lease: Lease;
}

/** What a remote definition is read with. */
export interface RemoteOpening {
  readonly invocation: Invocation;
  readonly context: CliContext;
  /** Takes the build, and ends it as canceled unless somebody has ended it before. */
  readonly cleanup: AsyncDisposableStack;
}

/** How long telling the server of the end may take. */
const FINISH_LIMIT_MS = 15_000;

/**
 * Reads the definition that the command line names by its address; undefined for local ones. The build is opened for
 * that, without targets, and goes on with them.
 *
 * @throws {Problem} those of the way to a builder, `build_failed`, `bake_file_unreadable`
 */
export async function openRemoteDefinition(
  { url }: BakeWords,
  { invocation, context, cleanup }: RemoteOpening,
): Promise<RemoteDefinition | undefined> {
  if (url === undefined) return undefined;
  const projectId = await findBakeProject(invocation, context);
  const server = isDirect(invocation, context)
    ? undefined
    : cleanup.use(await openServer(context, invocation.text("token")));
  const chosen = parseBuildPlatform(invocation.text("build-platform") || undefined);
  const [part] = planParts([], { host: context.host, only: chosen === "dynamic" ? undefined : chosen });
  const architecture = part?.architecture ?? "amd64";
  const wishes = { projectId, targets: [{ command: "COMMAND_BAKE" as const }], architectures: [architecture] };
  const lease = await openLease(wishes, { invocation, context, server, cleanup });
  const { kind, files } = await fetchFiles(url, { invocation, context, lease, architecture });
  const input = {
    url: kind === "repository" ? url : "",
    hasState: kind !== "file",
    secrets: gitSecretsOf(url, context.environment),
  };
  return { url, kind, files, input, projectId, lease };
}

interface Fetching {
  readonly invocation: Invocation;
  readonly context: CliContext;
  readonly lease: Lease;
  readonly architecture: "amd64" | "arm64";
}

async function fetchFiles(url: string, fetching: Fetching): Promise<RemoteFiles> {
  const { invocation, context, lease, architecture } = fetching;
  const { progress } = resolveProgress(invocation, context.environment);
  const services = await gitServices(url, context);
  const names = chooseFiles(namedFiles(invocation, context))
    .filter(({ isLocal, isOptional }) => !isLocal && !isOptional)
    .map(({ name }) => name);
  await using display = await openDisplay(progress, context);
  const signal = AbortSignal.any([context.signal, lease.canceled]);
  const record = createStepRecord(display);
  await using builders = new Builders({ lease, record, clock: systemClock, signal });
  try {
    const client = await builders.get(architecture);
    const onStatus = display.update.bind(display);
    const found = await readRemoteFiles(client, { url, names, services }, { signal, onStatus });
    await display.finish();
    return found;
  } catch (error) {
    await display.finish(error);
    if (!signal.aborted) await lease.finish({ kind: "error", message: messageOf(error) }, FINISH_LIMIT_MS);
    throw explainFailure(error, progress, context);
  } finally {
    void lease.report(record.take());
  }
}
