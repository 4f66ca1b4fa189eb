import { dynamicType, type Type, typesEqual } from "./type.ts";
import { nullValue, type Value } from "./value.ts";

/**
 * The one type that all values have, with untyped nulls counting for any; undefined when they differ. Dynamic for
 * no values: go-cty's `CanListVal`.
 */
export function commonElementType(values: Iterable<Value>): Type | undefined {
  let common: Type = dynamicType;
  for (const { type } of values) {
    if (common.kind === "dynamic") common = type;
    else if (type.kind !== "dynamic" && !typesEqual(common, type)) return undefined;
  }
  return common;
}

/** The value as an element of a collection: an untyped null takes the type of the elements. */
export function asElementOf(type: Type, value: Value): Value {
  return value.isNull && value.type.kind === "dynamic" && type.kind !== "dynamic" ? nullValue(type) : value;
}
