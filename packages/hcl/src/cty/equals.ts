import type { Value } from "./value.ts";

/** Whether two values are equal; values of different types are not (except nulls): go-cty's `Equals`. */
export function valuesEqual(a: Value, b: Value): boolean {
  throw new Error(`to come: ${a.type.kind} ${b.type.kind}`);
}
