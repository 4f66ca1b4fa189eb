import { isCollection, type ObjectType, type TupleType, type Type, typeName, typesEqual } from "./type.ts";

/** Why a type does not meet a constraint, or undefined when it does: the first of go-cty's `TestConformance`. */
export function nonconformity(given: Type, want: Type): string | undefined {
  if (want.kind === "dynamic" || typesEqual(given, want)) return undefined;
  if (given.kind === "object" && want.kind === "object") return objectNonconformity(given, want);
  if (given.kind === "tuple" && want.kind === "tuple") return tupleNonconformity(given, want);
  if (isCollection(given) && isCollection(want) && given.kind === want.kind) {
    return nonconformity(given.element, want.element);
  }
  return `${typeName(want)} required, but received ${typeName(given)}`;
}

function objectNonconformity(given: ObjectType, want: ObjectType): string | undefined {
  for (const name of given.attributes.keys()) {
    if (!want.attributes.has(name)) return `unsupported attribute ${JSON.stringify(name)}`;
  }
  for (const name of want.attributes.keys()) {
    if (!given.attributes.has(name)) return `missing required attribute ${JSON.stringify(name)}`;
  }
  return first(want.attributes, ([name, type]) => nonconformity(given.attributes.get(name) ?? type, type));
}

function tupleNonconformity(given: TupleType, want: TupleType): string | undefined {
  if (given.elements.length !== want.elements.length) {
    return `${want.elements.length} elements are required, but got ${given.elements.length}`;
  }
  return first(want.elements.entries(), ([at, type]) => nonconformity(given.elements[at] ?? type, type));
}

function first<T>(items: Iterable<T>, find: (item: T) => string | undefined): string | undefined {
  for (const item of items) {
    const found = find(item);
    if (found !== undefined) return found;
  }
  return undefined;
}
