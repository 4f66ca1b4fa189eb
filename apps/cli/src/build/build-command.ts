import { systemClock } from "@opendepot/base";
import {
  openProgress,
  type ProgressDisplay,
  renderSourceExcerpt,
  SolveError,
  type SolveResult,
} from "@opendepot/buildkit";
import type { Invocation } from "@opendepot/command";
import { type CliContext, isSwitchedOn, variable } from "../cli-context.ts";
import { buildFailed } from "../problems.ts";
import { openServer } from "../server.ts";
import { findProject } from "../settings/project.ts";
import { type BuildRequest, resolveBuildRequest } from "./build-request.ts";
import { imageIdOf, metadataText, removeResultFile, writeResultFile } from "./build-result.ts";
import { builderArchitecture } from "./builder-platform.ts";
import { createDirectLease } from "./direct-lease.ts";
import { failureHint } from "./failure-hint.ts";
import { checkFlagSupport } from "./flag-support.ts";
import type { Lease } from "./lease.ts";
import { runBuild } from "./run-build.ts";
import { openServerLease } from "./server-lease.ts";
import { createBuildServices } from "./solve-services.ts";

/** Runs `depot build`. */
export async function runBuildCommand(invocation: Invocation, context: CliContext): Promise<number> {
  const { terminal } = context;
  for (const warning of checkFlagSupport(invocation)) terminal.warn(warning);
  const request = await resolveBuildRequest(invocation, context);
  const services = await createBuildServices(request, context);
  if (request.imageIdFile !== undefined) await removeResultFile(request.imageIdFile);
  await using cleanup = new AsyncDisposableStack();
  const lease = await openLease({ invocation, context, request, cleanup });
  warnAboutMissingOutput(request, context);
  const display = cleanup.use(await openDisplay(request, context));
  const architecture = builderArchitecture(request.platform, context.host);
  const run = { request, services, lease, display, context, architecture, clock: systemClock };
  const result = await runBuild(run).catch((error: unknown) => fail(error, request, { context, lease }));
  await tellResult(result, { request, context, lease });
  return 0;
}

interface Opening {
  readonly invocation: Invocation;
  readonly context: CliContext;
  readonly request: BuildRequest;
  /** Takes what has to be closed when the build is over. */
  readonly cleanup: AsyncDisposableStack;
}

async function openLease({ invocation, context, request, cleanup }: Opening): Promise<Lease> {
  const { environment, signal, terminal } = context;
  const address = invocation.text("buildkit-address") ?? variable(environment, "DEPOT_BUILDKIT_ADDRESS");
  if (address) return createDirectLease(address);
  const folders = [request.context.folder, request.context.dockerfileFolder];
  const [project, server] = await Promise.all([
    findProject({ flag: invocation.text("project"), environment, folders }),
    openServer(context, invocation.text("token")),
  ]);
  cleanup.use(server);
  if (project?.warning) terminal.warn(project.warning);
  const architecture = builderArchitecture(request.platform, context.host);
  return cleanup.use(
    await openServerLease({
      api: server.api,
      projectId: project?.id,
      request,
      architecture,
      clock: systemClock,
      signal,
    }),
  );
}

function warnAboutMissingOutput(request: BuildRequest, { environment, terminal }: CliContext): void {
  if (request.isOutputNamed || isSwitchedOn(environment, "DEPOT_SUPPRESS_NO_OUTPUT_WARNING")) return;
  terminal.warn(
    "no output specified: the result only stays in the build cache; use --output to write it to this machine",
  );
}

async function openDisplay(request: BuildRequest, { environment, terminal }: CliContext): Promise<ProgressDisplay> {
  const logLines = Number(variable(environment, "BUILDKIT_TTY_LOG_LINES"));
  return await openProgress({
    mode: request.progress,
    stream: terminal.stderr,
    term: environment["TERM"],
    noColor: variable(environment, "NO_COLOR") !== undefined,
    colors: variable(environment, "BUILDKIT_COLORS"),
    ...(logLines > 0 && { logLines }),
  });
}

interface Finished {
  readonly request: BuildRequest;
  readonly context: CliContext;
  readonly lease: Lease;
}

/** Writes what was asked for about the result, then says where the build can be seen. */
async function tellResult(
  { ref, exporterResponse }: SolveResult,
  { request, context, lease }: Finished,
): Promise<void> {
  const imageId = imageIdOf(exporterResponse);
  if (request.metadataFile !== undefined) {
    await writeResultFile(request.metadataFile, metadataText(exporterResponse, { ref, ...lease }));
  }
  if (request.imageIdFile !== undefined) {
    await writeResultFile(request.imageIdFile, imageId);
    if (imageId === "") context.terminal.warn("the image ID file is empty: this output has no image");
  }
  if (request.isQuiet && imageId !== "") context.terminal.print(`${imageId}\n`);
  tellUrl(lease, context);
}

function tellUrl({ url }: Lease, { environment, terminal }: CliContext): void {
  if (url === undefined || isSwitchedOn(environment, "DEPOT_NO_SUMMARY_LINK")) return;
  terminal.note(`\n${terminal.style("bold", "Build summary:")} ${url}`);
}

/** Shows where in the Dockerfile the build failed and throws what is to be printed as the error. */
function fail(error: unknown, request: BuildRequest, { context, lease }: Omit<Finished, "request">): never {
  if (!(error instanceof SolveError)) throw error;
  for (const source of error.facts.sources) {
    const excerpt = renderSourceExcerpt(source);
    if (excerpt !== "" && request.progress !== "rawjson") context.terminal.note(excerpt.trimEnd());
  }
  tellUrl(lease, context);
  throw buildFailed(error.message, failureHint(error.message), error);
}
