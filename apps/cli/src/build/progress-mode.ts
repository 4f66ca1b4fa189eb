import type { Invocation } from "@opendepot/command";
import { type Environment, isContinuousIntegration, variable } from "../cli-context.ts";
import { flagConflict, flagValueInvalid } from "../problems.ts";

/** How progress is shown; `quiet` shows none. */
export type ProgressMode = "auto" | "tty" | "plain" | "quiet" | "rawjson";

/** What is shown while it builds, and whether the image's digest is printed at the end. */
export interface ProgressChoice {
  readonly progress: ProgressMode;
  /** Print the image's digest, and nothing else, to stdout. */
  readonly isQuiet: boolean;
}

const MODES = ["auto", "tty", "plain", "quiet", "rawjson", "none"];

/**
 * `--progress`, else `BUILDKIT_PROGRESS`, else `auto`, which continuous integration turns into `plain`. As in buildx,
 * `quiet` means the same as `--quiet`, and `none` shows nothing at all.
 *
 * @throws {Problem} `flag_value_invalid`, `flag_conflict`
 */
export function resolveProgress(invocation: Invocation, environment: Environment): ProgressChoice {
  const given = invocation.text("progress") || undefined;
  const mode = given ?? variable(environment, "BUILDKIT_PROGRESS") ?? "auto";
  if (!MODES.includes(mode))
    throw flagValueInvalid("--progress", mode, "there is no such display", "use auto, tty, plain, quiet or rawjson");
  const isQuiet = invocation.switch("quiet") || mode === "quiet";
  if (isQuiet && given !== undefined && !["auto", "quiet", "none"].includes(given)) {
    throw flagConflict(`progress=${given} and quiet cannot be used together`, "leave one of them out");
  }
  if (isQuiet || mode === "none") return { progress: "quiet", isQuiet };
  return {
    progress: mode === "auto" && isContinuousIntegration(environment) ? "plain" : (mode as ProgressMode),
    isQuiet,
  };
}
