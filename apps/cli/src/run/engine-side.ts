import {
  GrpcError,
  openProgress,
  type ProgressDisplay,
  type ProgressMode,
  renderSourceExcerpt,
  SolveError,
} from "@opendepot/buildkit";
import { type CliContext, isSwitchedOn, variable } from "../cli-context.ts";
import { builderLost, buildFailed } from "../problems.ts";
import { failureHint } from "./failure-hint.ts";

export { createLastWords } from "./last-words.ts";
export { chooseLoadable, openLoadTarget } from "./load-target.ts";
export { runBuild } from "./run-build.ts";
export { runTarget } from "./run-target.ts";
export { createTargetServices } from "./services.ts";

/** Opens the display of a build's progress on stderr. */
export async function openDisplay(
  mode: ProgressMode,
  { environment, terminal }: Pick<CliContext, "environment" | "terminal">,
): Promise<ProgressDisplay> {
  const logLines = Number(variable(environment, "BUILDKIT_TTY_LOG_LINES"));
  return await openProgress({
    mode,
    stream: terminal.stderr,
    term: environment["TERM"],
    noColor: variable(environment, "NO_COLOR") !== undefined,
    colors: variable(environment, "BUILDKIT_COLORS"),
    ...(logLines > 0 && { logLines }),
    expandWarnings: isSwitchedOn(environment, "DEPOT_DEBUG"),
  });
}

/**
 * What is to be thrown for a build that failed, after showing where in the Dockerfile it did: `build_failed`,
 * `builder_lost`, or the error as it is when it comes from elsewhere.
 */
export function explainFailure(
  error: unknown,
  mode: ProgressMode,
  { terminal, log }: Pick<CliContext, "terminal"> & { readonly log?: string | undefined },
): unknown {
  if (error instanceof GrpcError && !(error instanceof SolveError)) return builderLost(error);
  if (!(error instanceof SolveError)) return error;
  for (const source of error.facts.sources) {
    const excerpt = renderSourceExcerpt(source);
    if (excerpt !== "" && mode !== "rawjson") terminal.note(excerpt.trimEnd());
  }
  return buildFailed(error.message, failureHint(error.message, log), error);
}
