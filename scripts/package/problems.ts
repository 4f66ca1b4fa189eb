import { Problem } from "@opendepot/base";

/** What can be wrong while packages are made. */
export type PackagingProblemCode = "option_invalid" | "node_unavailable" | "tool_failed" | "package_unfit";

/** A word of the command line that means nothing. */
export function optionInvalid(message: string, hint: string): Problem<PackagingProblemCode> {
  return new Problem("option_invalid", message, { hint });
}

/** No Node.js can be had for a platform in the wanted version. */
export function nodeUnavailable(message: string, hint: string): Problem<PackagingProblemCode> {
  return new Problem("node_unavailable", message, { hint });
}

/** A program that packaging stands on failed; `output` is the end of what it said. */
export function toolFailed(command: string, output: string): Problem<PackagingProblemCode> {
  return new Problem("tool_failed", `${command} failed`, { hint: output.trim().slice(-2000) || "it said nothing" });
}

/** What was made is not fit to be handed to others. */
export function packageUnfit(message: string): Problem<PackagingProblemCode> {
  return new Problem("package_unfit", message);
}
