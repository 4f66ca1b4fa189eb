import { Problem } from "@opendepot/base";
import type { LintResult } from "./lint-result.ts";

/** How bad a finding is. */
export type LintLevel = "error" | "warn" | "info";

/** The least bad finding that makes `--lint` fail; `none` for never. */
export type LintFailOn = LintLevel | "none";

/** How Dockerfiles are checked before they are built. */
export interface Lint {
  /** From which severity on a finding fails the build. */
  readonly failOn: LintFailOn;
}

const RANKS: Readonly<Record<LintFailOn, number>> = { info: 0, warn: 1, error: 2, none: 3 };

/**
 * BuildKit's checks have no levels of their own. An error is what builds something else than is written, or will be
 * refused by coming versions; info is a matter of taste; all others, also unknown ones, warn.
 * Names as in BuildKit v0.32: frontend/dockerfile/linter/ruleset.go.
 */
const LEVELS: Readonly<Record<string, LintLevel>> = {
  DuplicateStageName: "error",
  ExposeInvalidFormat: "error",
  InvalidDefaultArgInFrom: "error",
  NoEmptyContinuation: "error",
  ReservedStageName: "error",
  UndefinedArgInFrom: "error",
  ConsistentInstructionCasing: "info",
  ExposeProtoCasing: "info",
  FromAsCasing: "info",
  InvalidDefinitionDescription: "info",
  LegacyKeyValueFormat: "info",
  RedundantTargetPlatform: "info",
  StageNameCasing: "info",
};

/** The level of one of BuildKit's checks. */
export function lintLevelOf(ruleName: string): LintLevel {
  return (Object.hasOwn(LEVELS, ruleName) ? LEVELS[ruleName] : undefined) ?? "warn";
}

/**
 * Fails when something was found that is at least as bad as `failOn` says. A Dockerfile that cannot be built is an
 * error.
 *
 * @throws {Problem} `linting_failed`
 */
export function checkLint({ warnings, error }: LintResult, failOn: LintFailOn): void {
  const levels = [...warnings.map(({ ruleName }) => lintLevelOf(ruleName)), ...(error ? (["error"] as const) : [])];
  const count = levels.filter((level) => RANKS[level] >= RANKS[failOn]).length;
  if (count === 0) return;
  throw new Problem("linting_failed", "linting failed", {
    hint: `correct the Dockerfile, skip a check with "# check=skip=RULE" in its first line, or set --lint-fail-on none`,
    detail: { count },
  });
}
