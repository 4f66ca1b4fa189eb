import type { Invocation } from "@opendepot/command";
import { flagValueInvalid } from "../problems.ts";
import type { Lint, LintFailOn } from "../subrequest/lint-level.ts";

const LEVELS: readonly LintFailOn[] = ["info", "warn", "error", "none"];

/**
 * Reads `--lint` and `--lint-fail-on`; undefined when nothing is to be checked.
 *
 * @throws {Problem} `flag_value_invalid`
 */
export function resolveLint(invocation: Invocation): Lint | undefined {
  const written = invocation.text("lint-fail-on") || "error";
  const failOn = LEVELS.find((level) => level === written);
  if (failOn === undefined) {
    throw flagValueInvalid("--lint-fail-on", written, "there is no such severity", "use info, warn, error or none");
  }
  return invocation.switch("lint") ? { failOn } : undefined;
}
