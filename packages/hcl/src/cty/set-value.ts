import { formatBigFloat } from "./big-float-format.ts";
import { compareStrings } from "./compare-strings.ts";
import { valuesEqual } from "./equals.ts";
import { quote } from "./quote.ts";
import { setType, type Type } from "./type.ts";
import { unknownContent, Value } from "./value.ts";

/** A set of values that all have the type `element`; equal ones count once, and the set is in go-cty's order. */
export function setValue(elements: readonly Value[], element: Type): Value {
  return new Value(setType(element), distinct(elements).sort(compareElements));
}

/** Whether a set has an element. */
export function setHas(set: Value, element: Value): boolean {
  return set.asElements().some((member) => valuesEqual(member, element));
}

function distinct(elements: readonly Value[]): Value[] {
  const seen = new Map<string, Value[]>();
  const kept: Value[] = [];
  for (const element of elements) {
    const hash = hashText(element);
    const same = seen.get(hash);
    if (same?.some((other) => valuesEqual(other, element))) continue;
    if (same === undefined) seen.set(hash, [element]);
    else same.push(element);
    kept.push(element);
  }
  return kept;
}

/** The order of a set's elements: go-cty's `setRules.Less`. Nulls come last. */
function compareElements(a: Value, b: Value): number {
  if (a.isNull || b.isNull) return Number(a.isNull) - Number(b.isNull);
  if (!a.isKnown || !b.isKnown) return Number(!a.isKnown) - Number(!b.isKnown);
  switch (a.type.kind) {
    case "string":
      return compareStrings(a.asString(), b.asString());
    case "bool":
      return Number(a.asBool()) - Number(b.asBool());
    case "number":
      return a.asNumber().compare(b.asNumber());
    default:
      return compareStrings(hashText(a), hashText(b));
  }
}

/**
 * The text that go-cty hashes a value by, which also orders sets of collections: `makeSetHashBytes` of its
 * `set_internals.go`.
 */
function hashText(value: Value): string {
  if (value.content === unknownContent) return "?";
  if (value.isNull) return "~";
  switch (value.type.kind) {
    case "string":
      return quote(value.asString());
    case "bool":
      return value.asBool() ? "T" : "F";
    case "number":
      return formatBigFloat(value.asNumber(), "g", 10);
    case "map":
      return `{${Array.from(value.asMap(), ([key, element]) => `${quote(key)}:${hashText(element)};`).join("")}}`;
    case "list":
    case "set":
      return `[${hashTexts(value)}]`;
    case "object":
    case "tuple":
      return `<${hashTexts(value)}>`;
    case "capsule":
      return `«${value.type.hashKey === undefined ? "?" : quote(value.type.hashKey(value.asCapsule()))}»`;
    default:
      return "?";
  }
}

function hashTexts(value: Value): string {
  return value
    .asElements()
    .map((element) => `${hashText(element)};`)
    .join("");
}
