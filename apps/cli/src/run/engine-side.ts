import { isProblem, Problem } from "@opendepot/base";
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
import { TargetFailure } from "./target-failure.ts";

export { createLastWords } from "./last-words.ts";
export { chooseLoadable, openLoadTarget } from "./load-target.ts";
export { metadataWarnings } from "./metadata-warnings.ts";
export { metadataProvenance } from "./provenance.ts";
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

/** What a failure is explained with. */
export interface FailureContext extends Pick<CliContext, "terminal"> {
  /** What the steps said last. */
  readonly log?: string | undefined;
}

/**
 * What is to be thrown for a build that failed, after showing where in the Dockerfile it did: `build_failed`,
 * `builder_lost`, or the error as it is when it comes from elsewhere.
 */
export function explainFailure(error: unknown, mode: ProgressMode, context: FailureContext): unknown {
  if (error instanceof TargetFailure) return withTargetName(error, explainFailure(error.cause, mode, context));
  const { terminal, log } = context;
  if (error instanceof GrpcError && !(error instanceof SolveError)) return builderLost(error);
  if (!(error instanceof SolveError)) return error;
  for (const source of error.facts.sources) {
    const excerpt = renderSourceExcerpt(source);
    if (excerpt !== "" && mode !== "rawjson") terminal.note(excerpt.trimEnd());
  }
  return buildFailed(error.message, failureHint(error.message, log), error);
}

/** A problem of one of several targets names it: buildx build/build.go. */
function withTargetName({ targetName }: TargetFailure, failure: unknown): unknown {
  if (!isProblem(failure)) return failure;
  const { code, message, hint, detail } = failure;
  return new Problem(code, `target ${targetName}: ${message}`, { cause: failure, hint, detail });
}
