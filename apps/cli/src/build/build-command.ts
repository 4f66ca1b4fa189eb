import { systemClock } from "@opendepot/base";
import type { SolveResult } from "@opendepot/buildkit";
import type { Invocation } from "@opendepot/command";
import { type CliContext, isSwitchedOn, variable } from "../cli-context.ts";
import { imageIdOf, metadataText, removeResultFile, writeResultFile } from "../run/build-result.ts";
import { builderArchitecture } from "../run/builder-platform.ts";
import { createDirectLease } from "../run/direct-lease.ts";
import type { Lease } from "../run/lease.ts";
import { openServerLease } from "../run/server-lease.ts";
import { tellUrl } from "../run/tell-url.ts";
import { openServer } from "../server.ts";
import { findProject } from "../settings/project.ts";
import { type BuildRequest, resolveBuildRequest } from "./build-request.ts";
import { checkFlagSupport } from "./flag-support.ts";

/** Everything that speaks to an engine takes longer to load than a server takes to answer. */
const loadEngineSide = (): Promise<typeof import("../run/engine-side.ts")> => import("../run/engine-side.ts");

/** Runs `depot build`. */
export async function runBuildCommand(invocation: Invocation, context: CliContext): Promise<number> {
  for (const warning of checkFlagSupport(invocation)) context.terminal.warn(warning);
  const request = await resolveBuildRequest(invocation, context);
  if (request.imageIdFile !== undefined) await removeResultFile(request.imageIdFile);
  // What may be missing on this machine is looked for before a server hears of the build.
  const isCheckedFirst = request.secrets.length > 0 || request.ssh.length > 0;
  const checked = isCheckedFirst ? await (await loadEngineSide()).createBuildServices(request, context) : undefined;
  await using cleanup = new AsyncDisposableStack();
  const asked = Promise.withResolvers<void>();
  const leasing = openLease({ invocation, context, request, cleanup, onAsked: asked.resolve });
  leasing.catch(() => undefined).finally(asked.resolve); // a failure is thrown below
  await asked.promise;
  const { createBuildServices, runOnEngine } = await loadEngineSide();
  const services = checked ?? (await createBuildServices(request, context));
  const lease = await leasing;
  warnAboutMissingOutput(request, context);
  const architecture = builderArchitecture(request.platform, context.host);
  const result = await runOnEngine({ request, services, lease, context, architecture, clock: systemClock });
  await tellResult(result, { request, context, lease });
  return 0;
}

interface Opening {
  readonly invocation: Invocation;
  readonly context: CliContext;
  readonly request: BuildRequest;
  /** Takes what has to be closed when the build is over. */
  readonly cleanup: AsyncDisposableStack;
  /** Called when the server was asked for a build and has not answered yet. */
  readonly onAsked: () => void;
}

async function openLease({ invocation, context, request, cleanup, onAsked }: Opening): Promise<Lease> {
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
      onAsked,
    }),
  );
}

function warnAboutMissingOutput(request: BuildRequest, { environment, terminal }: CliContext): void {
  if (request.isOutputNamed || isSwitchedOn(environment, "DEPOT_SUPPRESS_NO_OUTPUT_WARNING")) return;
  terminal.warn(
    "no output specified: the result only stays in the build cache; use --output to write it to this machine",
  );
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
