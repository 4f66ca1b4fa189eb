import { Problem, type ProblemOptions } from "@opendepot/base";

/** What can be wrong with bake files, with what was asked of them, or with this machine for their targets. */
export type BakeProblemCode =
  | "bake_definition_invalid"
  | "bake_definition_missing"
  | "bake_file_unreadable"
  | "bake_flag_invalid"
  | "bake_host_unfit"
  | "bake_privileges_missing"
  | "bake_target_invalid"
  | "bake_target_missing";

/**
 * A problem in buildx's own words, which users and scripts know; `detail.excerpt` holds the lines of the file in
 * question, where there are any.
 */
export function bakeProblem(
  code: BakeProblemCode,
  message: string,
  options?: ProblemOptions,
): Problem<BakeProblemCode> {
  return new Problem(code, message, options);
}
