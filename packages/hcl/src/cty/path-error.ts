import type { Value } from "./value.ts";

/** One step into a value: an attribute of an object, or an element by its key (for a set, by the element itself). */
export type PathStep = { readonly attribute: string } | { readonly index: Value };

/** The way from a value to a part of it; empty for the value itself. */
export type Path = readonly PathStep[];

/**
 * Why a value does not fit, with the part of it that is to blame: go-cty's `PathError`.
 * The evaluator turns it into a diagnostic; it is not a fault of the program.
 */
export class PathError extends Error {
  override readonly name = "PathError";
  readonly path: Path;

  constructor(message: string, options: { readonly path?: Path; readonly cause?: unknown } = {}) {
    super(message, options);
    this.path = options.path ?? [];
  }
}

/** Does the work on a part of a value; what it throws tells the way to the part. */
export function within<T>(step: () => PathStep, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof PathError) throw new PathError(error.message, { path: [step(), ...error.path], cause: error });
    throw error;
  }
}
