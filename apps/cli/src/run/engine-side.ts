import {
  GrpcError,
  openProgress,
  type ProgressDisplay,
  renderSourceExcerpt,
  SolveError,
  type SolveResult,
} from "@opendepot/buildkit";
import type { BuildRequest } from "../build/build-request.ts";
import { type CliContext, isSwitchedOn, variable } from "../cli-context.ts";
import { builderLost, buildFailed } from "../problems.ts";
import { failureHint } from "./failure-hint.ts";
import { type BuildRun, runBuild } from "./run-build.ts";
import { tellUrl } from "./tell-url.ts";

export { createBuildServices } from "./solve-services.ts";

/**
 * Runs a build on its engine with a display of its progress.
 *
 * @throws {Problem} `build_failed`, `builder_lost`, `progress_needs_terminal`, those of {@link runBuild}
 */
export async function runOnEngine(run: Omit<BuildRun, "display">): Promise<SolveResult> {
  await using display = await openDisplay(run.request, run.context);
  return await runBuild({ ...run, display }).catch((error: unknown) => fail(error, run));
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
    expandWarnings: isSwitchedOn(environment, "DEPOT_DEBUG"),
  });
}

/** Shows where in the Dockerfile the build failed and throws what is to be printed as the error. */
function fail(error: unknown, { request, context, lease }: Omit<BuildRun, "display">): never {
  if (error instanceof GrpcError && !(error instanceof SolveError)) throw builderLost(error);
  if (!(error instanceof SolveError)) throw error;
  for (const source of error.facts.sources) {
    const excerpt = renderSourceExcerpt(source);
    if (excerpt !== "" && request.progress !== "rawjson") context.terminal.note(excerpt.trimEnd());
  }
  tellUrl(lease, context);
  throw buildFailed(error.message, failureHint(error.message), error);
}
