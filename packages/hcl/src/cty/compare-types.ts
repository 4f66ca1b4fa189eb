import { isPrimitive, type Type } from "./type.ts";

/**
 * Which of two types is the better common type: negative for `a`, positive for `b`, 0 for neither. Whether it is
 * one at all is for the caller to find out: go-cty's `compareTypes`.
 */
export function compareTypes(a: Type, b: Type): number {
  if (a.kind === "dynamic" || b.kind === "dynamic") return Number(a.kind === "dynamic") - Number(b.kind === "dynamic");
  if (isPrimitive(a) && isPrimitive(b)) return Number(b.kind === "string") - Number(a.kind === "string");
  if (a.kind === b.kind) return compareSameKind(a, b);
  for (const order of preferences) {
    const [left, right] = [order.indexOf(a.kind), order.indexOf(b.kind)];
    if (left >= 0 && right >= 0) return left - right;
  }
  return 0;
}

/** Kinds that turn into each other, the better common type first. */
const preferences: readonly (readonly Type["kind"][])[] = [
  ["list", "tuple", "set"],
  ["map", "object"],
];

function compareSameKind(a: Type, b: Type): number {
  switch (a.kind) {
    case "list":
    case "set":
    case "map":
      return b.kind === a.kind ? compareTypes(a.element, b.element) : 0;
    case "tuple":
      return b.kind === "tuple" ? compareParts(new Map(a.elements.entries()), new Map(b.elements.entries())) : 0;
    case "object":
      return b.kind === "object" ? compareParts(a.attributes, b.attributes) : 0;
    default:
      return 0;
  }
}

// One of them is better only when no part speaks for the other.
function compareParts<Key>(a: ReadonlyMap<Key, Type>, b: ReadonlyMap<Key, Type>): number {
  if (a.size !== b.size) return 0;
  let [forA, forB] = [false, false];
  for (const [key, type] of a) {
    const other = b.get(key);
    if (other === undefined) return 0;
    const order = compareTypes(type, other);
    forA ||= order < 0;
    forB ||= order > 0;
  }
  return Number(forB && !forA) - Number(forA && !forB);
}
