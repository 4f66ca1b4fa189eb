import { BigFloat } from "./big-float.ts";
import { typesEqual } from "./type.ts";
import { Capsule, type Value } from "./value.ts";

/**
 * Whether two values are equal: go-cty's `Equals`. Nulls of any types are equal, values of different types are
 * not, and elements that are unknown equal nothing.
 */
export function valuesEqual(a: Value, b: Value): boolean {
  if (a.isNull || b.isNull) return a.isNull && b.isNull;
  if (!a.isKnown || !b.isKnown) return false;
  if (a === b) return true;
  return typesEqual(a.type, b.type) && contentsEqual(a, b);
}

function contentsEqual(a: Value, b: Value): boolean {
  const [left, right] = [a.content, b.content];
  if (left instanceof BigFloat && right instanceof BigFloat) return left.compare(right) === 0;
  if (left instanceof Map && right instanceof Map) return mapsEqual(left, right);
  if (left instanceof Capsule && right instanceof Capsule) return capsulesEqual(a, b);
  if (Array.isArray(left) && Array.isArray(right)) return rowsEqual(left, right);
  return left === right;
}

function rowsEqual(a: readonly Value[], b: readonly Value[]): boolean {
  // Sets compare this way too: equal sets have equal elements in the same order.
  return a.length === b.length && a.every((element, at) => sameElement(element, b[at]));
}

function mapsEqual(a: ReadonlyMap<string, Value>, b: ReadonlyMap<string, Value>): boolean {
  if (a.size !== b.size) return false;
  for (const [key, element] of a) if (!sameElement(element, b.get(key))) return false;
  return true;
}

function sameElement(element: Value, other: Value | undefined): boolean {
  return other !== undefined && valuesEqual(element, other);
}

function capsulesEqual(a: Value, b: Value): boolean {
  const [left, right] = [a.asCapsule(), b.asCapsule()];
  if (left === right) return true;
  return a.type.kind === "capsule" && a.type.equals?.(left, right) === true;
}
