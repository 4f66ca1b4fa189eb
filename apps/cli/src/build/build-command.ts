import { join, relative } from "node:path";
import { systemClock } from "@opendepot/base";
import type { Invocation } from "@opendepot/command";
import { type CliContext, isSwitchedOn, variable } from "../cli-context.ts";
import { toBuildOptions } from "../run/build-options.ts";
import { imageIdOf, metadataText, removeResultFile, writeResultFile } from "../run/build-result.ts";
import type { CallAnswer } from "../run/call-target.ts";
import { createDirectLease } from "../run/direct-lease.ts";
import { checkOutputs } from "../run/exporters.ts";
import type { Lease } from "../run/lease.ts";
import type { LoadTarget } from "../run/load-target.ts";
import { type BuilderPart, planParts } from "../run/parts.ts";
import type { TargetResult } from "../run/run-target.ts";
import { withSaving } from "../run/saving.ts";
import { openServerLease } from "../run/server-lease.ts";
import type { TargetServices } from "../run/services.ts";
import { tellSaved } from "../run/tell-saved.ts";
import { tellUrl } from "../run/tell-url.ts";
import { openServer } from "../server.ts";
import { findProject } from "../settings/project.ts";
import { foldersOf } from "../target/context.ts";
import type { Target } from "../target/target.ts";
import { type BuildRequest, resolveBuildRequest } from "./build-request.ts";
import { checkFlagSupport } from "./flag-support.ts";

/** Everything that speaks to an engine takes longer to load than a server takes to answer. */
const loadEngineSide = (): Promise<typeof import("../run/engine-side.ts")> => import("../run/engine-side.ts");

/** Runs `depot build`. */
export async function runBuildCommand(invocation: Invocation, context: CliContext): Promise<number> {
  for (const warning of checkFlagSupport(invocation)) context.terminal.warn(warning);
  const request = await resolveBuildRequest(invocation, context);
  const { target } = request;
  const parts = planParts(target.platforms, { host: context.host, only: onlyBuilder(request) });
  checkOutputs(target, parts.length);
  if (request.imageIdFile !== undefined) await removeResultFile(request.imageIdFile);
  await using cleanup = new AsyncDisposableStack();
  const checked = await checkMachine(target, { context, parts, cleanup });
  const asked = Promise.withResolvers<void>();
  const leasing = openLease({ invocation, context, request, parts, cleanup, onAsked: asked.resolve });
  leasing.catch(() => undefined).finally(asked.resolve); // a failure is thrown below
  await asked.promise;
  const { createTargetServices } = await loadEngineSide();
  const services = checked.services ?? (await createTargetServices(target, context));
  const lease = await leasing;
  if (request.call === undefined && !invocation.switch("suppress-no-output-warning"))
    warnAboutMissingOutput(target, context);
  const isSaved = request.saveTags !== undefined && request.call === undefined;
  const saved = isSaved ? withSaving({ target, services, lease, isNamed: false }) : target;
  const run = { request: { ...request, target: saved }, parts, services, load: checked.load, lease, context };
  return await tellResult(await runOnEngine(run), { request, context, lease });
}

interface MachineCheck {
  readonly context: CliContext;
  readonly parts: readonly BuilderPart[];
  readonly cleanup: AsyncDisposableStack;
}

/** What may be missing on this machine is looked for before a server hears of the build. */
async function checkMachine(
  target: Target,
  { context, parts, cleanup }: MachineCheck,
): Promise<{ readonly services?: TargetServices; readonly load?: LoadTarget | undefined }> {
  const isLoaded = target.outputs.some(({ kind }) => kind === "load");
  if (target.secrets.length === 0 && target.ssh.length === 0 && !isLoaded) return {};
  const { createTargetServices, openLoadTarget, chooseLoadable } = await loadEngineSide();
  const services = await createTargetServices(target, context);
  const load = await openLoadTarget(target, context);
  if (load === undefined) return { services };
  cleanup.use(load);
  chooseLoadable(parts, load.platform);
  return { services, load };
}

function onlyBuilder({ buildPlatform }: BuildRequest): "amd64" | "arm64" | undefined {
  return buildPlatform === "dynamic" ? undefined : buildPlatform;
}

interface Opening {
  readonly invocation: Invocation;
  readonly context: CliContext;
  readonly request: BuildRequest;
  readonly parts: readonly BuilderPart[];
  /** Takes what has to be closed when the build is over. */
  readonly cleanup: AsyncDisposableStack;
  /** Called when the server was asked for a build and has not answered yet. */
  readonly onAsked: () => void;
}

async function openLease({ invocation, context, request, parts, cleanup, onAsked }: Opening): Promise<Lease> {
  const { environment, signal, terminal } = context;
  const address = invocation.text("buildkit-address") ?? variable(environment, "DEPOT_BUILDKIT_ADDRESS");
  if (address) return createDirectLease(address);
  const folders = foldersOf(request.target.context);
  const [project, server] = await Promise.all([
    findProject({
      flag: invocation.text("project"),
      environment,
      folders: folders.length > 0 ? folders : [context.cwd],
    }),
    openServer(context, invocation.text("token")),
  ]);
  cleanup.use(server);
  if (project?.warning) terminal.warn(project.warning);
  return cleanup.use(
    await openServerLease({
      api: server.api,
      serverUrl: server.url,
      projectId: project?.id,
      targets: [toBuildOptions(request.target, { command: "COMMAND_BUILD", saveTags: request.saveTags })],
      architectures: parts.map(({ architecture }) => architecture),
      clock: systemClock,
      signal,
      onAsked,
    }),
  );
}

interface EngineRun {
  readonly request: BuildRequest;
  readonly parts: readonly BuilderPart[];
  readonly services: TargetServices;
  readonly load: LoadTarget | undefined;
  readonly lease: Lease;
  readonly context: CliContext;
}

/** A target that is built, with the warnings that the metadata file is to have. */
interface BuiltTarget extends TargetResult {
  readonly warnings: readonly object[];
}

/** Builds with a display of the progress. */
async function runOnEngine({ lease, context, ...asked }: EngineRun): Promise<BuiltTarget> {
  const engineSide = await loadEngineSide();
  const { createLastWords, explainFailure, metadataProvenance, openDisplay } = engineSide;
  await using display = await openDisplay(asked.request.progress, context);
  const lastWords = createLastWords(display);
  try {
    const run = { lease, display: lastWords, clock: systemClock, context };
    const isTold = asked.request.metadataFile !== undefined && asked.request.call === undefined;
    const provenance = isTold ? metadataProvenance(context.environment) : "disabled";
    const result = await engineSide.runBuild(run, (build) =>
      engineSide.runTarget({ ...asked, ...asked.request, provenance }, build),
    );
    await display.finish();
    return { ...result, warnings: isTold ? engineSide.metadataWarnings(display, context.environment) : [] };
  } catch (error) {
    await display.finish(error);
    const failure = explainFailure(error, asked.request.progress, { ...context, log: lastWords.text() });
    if (failure !== error) tellUrl(lease, context);
    throw failure;
  }
}

function warnAboutMissingOutput({ isOutputNamed }: Target, { environment, terminal }: CliContext): void {
  if (isOutputNamed || isSwitchedOn(environment, "DEPOT_SUPPRESS_NO_OUTPUT_WARNING")) return;
  terminal.warn(
    "no output specified: the result only stays in the build cache; use --load for the local Docker, --push for a registry, or --output to write it to this machine",
  );
}

interface Finished {
  readonly request: BuildRequest;
  readonly context: CliContext;
  readonly lease: Lease;
}

/** Writes what was asked for about the result, then says where the build can be seen. */
async function tellResult(
  { ref, exporterResponse, loadedId, answer, warnings }: BuiltTarget,
  { request, context, lease }: Finished,
): Promise<number> {
  const imageId = loadedId ?? imageIdOf(exporterResponse);
  if (request.metadataFile !== undefined) {
    await writeResultFile(request.metadataFile, metadataText(exporterResponse, { ref, warnings, ...lease }));
  }
  if (request.imageIdFile !== undefined) {
    await writeResultFile(request.imageIdFile, imageId);
    if (imageId === "") context.terminal.warn("the image ID file is empty: this output has no image");
  }
  if (answer !== undefined) return await tellAnswer(answer, request, context);
  if (request.isQuiet && imageId !== "") context.terminal.print(`${imageId}\n`);
  const message = exporterResponse["frontend.result.inlinemessage"];
  if (message !== undefined) context.terminal.print(`\n${message}\n`);
  tellSaved({ lease, targets: [], isQuiet: request.progress === "quiet" }, context);
  tellUrl(lease, context);
  return 0;
}

/** Prints what the frontend answered; the exit code is what the answer asks for. */
async function tellAnswer(
  { call, result }: CallAnswer,
  { target }: BuildRequest,
  { terminal, cwd }: CliContext,
): Promise<number> {
  const { printCall } = await import("../subrequest/print-call.ts");
  const { dockerfile } = target.context;
  const dockerfileName =
    dockerfile.kind === "file" ? relative(cwd, join(dockerfile.folder, dockerfile.name)) : undefined;
  const { text, error, exitCode } = printCall(result, { ...call, dockerfileName });
  terminal.print(text);
  if (error !== undefined) terminal.note(`${terminal.style("red", "error:")} ${error.trimEnd()}`);
  return exitCode;
}
