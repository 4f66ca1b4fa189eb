import { openStep } from "@opendepot/buildkit";
import { checkLint, type Lint } from "../subrequest/lint-level.ts";
import { readLintResult } from "../subrequest/lint-result.ts";
import { renderLintError, renderLintWarnings } from "../subrequest/render-lint.ts";
import { callTarget } from "./call-target.ts";
import type { RunningBuild } from "./run-build.ts";
import type { PartSolve } from "./solve-part.ts";

/**
 * Checks a target's Dockerfile with BuildKit's own checks before it is built, and shows what they found.
 *
 * @throws {Problem} `linting_failed` when something is as bad as `lint.failOn` says
 */
export async function lintTarget(solving: PartSolve, { failOn }: Lint, build: RunningBuild): Promise<void> {
  const step = openStep(build.record, "[lint] check the Dockerfile");
  try {
    const { result } = await callTarget(solving, { method: "lint", format: "", isStatusIgnored: false });
    const found = readLintResult(result.json || "{}");
    const text = renderLintWarnings(found) + (renderLintError(found) ?? "");
    if (text !== "") step.log(text.trim());
    checkLint(found, failOn);
    step.done();
  } catch (error) {
    step.fail(error);
    throw error;
  }
}
