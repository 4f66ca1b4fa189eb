import { cleanLine } from "./control-chars.ts";
import type { Step } from "./step.ts";

/** The last log lines of each failed step between rules, as BuildKit's displays end. Canceled steps are no failures. */
export function failedSteps(steps: readonly Step[], linesOf: (step: Step) => readonly string[]): string {
  const failed = steps.filter((step) => step.isFailed);
  return failed
    .map((step) => ["------", ` > ${cleanLine(step.name)}:`, ...linesOf(step), "------", ""].join("\n"))
    .join("");
}
