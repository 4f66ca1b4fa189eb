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

  constructor(message: string, path: Path = []) {
    super(message);
    this.path = path;
  }
}
