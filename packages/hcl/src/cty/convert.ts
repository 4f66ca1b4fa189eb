import type { Path } from "./path-error.ts";
import type { Type } from "./type.ts";
import type { Value } from "./value.ts";

/** Brings values of one type to another. @throws {PathError} for a value that does not fit. */
export type Conversion = (value: Value, path: Path) => Value;

/**
 * The value as one of `type`: go-cty's `convert.Convert`.
 * @throws {PathError} in go-cty's words when it does not fit.
 */
export function convert(value: Value, type: Type): Value {
  throw new Error(`to come: ${value.type.kind} ${type.kind}`);
}

/** How values of `from` become values of `to`; undefined when they never can. `unsafe`: some may fail. */
export function conversionBetween(from: Type, to: Type, unsafe: boolean): Conversion | undefined {
  throw new Error(`to come: ${from.kind} ${to.kind} ${unsafe}`);
}
