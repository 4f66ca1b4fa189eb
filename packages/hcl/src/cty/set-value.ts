import type { Type } from "./type.ts";
import type { Value } from "./value.ts";

/** A set of values that all have the type `element`; equal ones count once, and the set is in go-cty's order. */
export function setValue(elements: readonly Value[], element: Type): Value {
  throw new Error(`to come: ${elements.length} ${element.kind}`);
}
