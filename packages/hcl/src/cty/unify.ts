import type { Conversion } from "./convert.ts";
import type { Type } from "./type.ts";

/** What {@link unify} found. */
export interface Unification {
  readonly type: Type;
  /** For each given type what makes its values ones of `type`; undefined where nothing is to be done. */
  readonly conversions: readonly (Conversion | undefined)[];
}

/**
 * The most general type that all the given ones can become, or undefined: go-cty's `Unify`, and, with `unsafe`,
 * `UnifyUnsafe`.
 */
export function unify(types: readonly Type[], unsafe = false): Unification | undefined {
  throw new Error(`to come: ${types.length} ${unsafe}`);
}
