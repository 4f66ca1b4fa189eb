import { Problem } from "@opendepot/base";

/** What can be wrong with a build flag or with a value written in one of their small languages. */
export type BuildFlagProblemCode =
  | "build_flag_invalid"
  | "flag_value_invalid"
  | "output_invalid"
  | "output_multiple"
  | "secret_invalid"
  | "ssh_invalid";

/** A value in one of the small languages that cannot be read, told in buildx's own words. */
export function buildFlagInvalid(message: string, cause?: unknown): Problem<BuildFlagProblemCode> {
  return new Problem("build_flag_invalid", message, { cause });
}

/** A value that a command line flag cannot take. */
export function flagValueInvalid(
  flag: string,
  value: string,
  why: string,
  hint?: string,
): Problem<BuildFlagProblemCode> {
  return new Problem("flag_value_invalid", `invalid value ${JSON.stringify(value)} for ${flag}: ${why}`, { hint });
}
