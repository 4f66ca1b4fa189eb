import { Problem } from "@opendepot/base";

/**
 * What can be wrong with compose files:
 * - `compose_syntax`: not YAML, or YAML that compose does not take
 * - `compose_interpolation`: a `${…}` that cannot be read, has no value or has the wrong type
 * - `compose_invalid`: a model that compose does not take, or that contradicts itself
 * - `compose_cycle`: `include`, `extends` or `depends_on` that come back to where they began
 * - `compose_file`: a file that is named but cannot be read
 * - `compose_limit`: larger or deeper than this package reads
 * - `dotenv_syntax`: an environment file that cannot be read
 */
export type ComposeProblemCode =
  | "compose_syntax"
  | "compose_interpolation"
  | "compose_invalid"
  | "compose_cycle"
  | "compose_file"
  | "compose_limit"
  | "dotenv_syntax";

/** A problem of this package. Its message is compose-go's own, word for word. */
export function composeProblem(
  code: ComposeProblemCode,
  message: string,
  options: { readonly hint?: string; readonly cause?: unknown } = {},
): Problem<ComposeProblemCode> {
  return new Problem(code, message, options);
}

/** The model is not one that compose takes; `message` is compose-go's. */
export function invalidModel(message: string): Problem<ComposeProblemCode> {
  return composeProblem("compose_invalid", message);
}

/** A file that is named somewhere but does not exist; the message is that of Go's `os` package. */
export function missingFile(operation: "open" | "stat" | "read", path: string): Problem<ComposeProblemCode> {
  return composeProblem("compose_file", `${operation} ${path}: no such file or directory`, {
    hint: "check the path; it is relative to the directory the command runs in",
  });
}

/** Something is larger or deeper than we read. */
export function limitExceeded(message: string): Problem<ComposeProblemCode> {
  return composeProblem("compose_limit", message);
}
