import { conversionBetween } from "./convert.ts";
import { quote } from "./quote.ts";
import {
  type CollectionType,
  constraintName,
  hasDynamic,
  isCollection,
  isPrimitive,
  type ObjectType,
  type TupleType,
  type Type,
  typeName,
  typesEqual,
} from "./type.ts";

/** Why values of one type never become values of the other: go-cty's `MismatchMessage`. */
export function mismatchMessage(got: Type, want: Type): string {
  if (got.kind === "object" && want.kind === "object") return objectMismatch(got, want);
  if (isCollection(want) && (got.kind === "tuple" || got.kind === "object")) return structuralMismatch(got, want);
  if (isCollection(want) && isCollection(got)) return collectionMismatch(got, want);
  if (!isConfusing(got, want)) return `${typeName(want)} required, but have ${typeName(got)}`;
  return `${constraintName(want)} required`;
}

function objectMismatch(got: ObjectType, want: ObjectType): string {
  const missing = [...want.attributes.keys()].filter((name) => !got.attributes.has(name) && !want.optional.has(name));
  if (missing.length > 0) return missingAttributes(missing);
  return attributeMismatch(got, want, true) ?? attributeMismatch(got, want, false) ?? "incorrect object attributes";
}

function missingAttributes(names: readonly string[]): string {
  const quoted = names.map(quote);
  if (quoted.length === 1) return `attribute ${quoted[0]} is required`;
  if (quoted.length === 2) return `attributes ${quoted[0]} and ${quoted[1]} are required`;
  return `attributes ${quoted.slice(0, -1).join(", ")}, and ${quoted.at(-1)} are required`;
}

function attributeMismatch(got: ObjectType, want: ObjectType, unsafe: boolean): string | undefined {
  for (const [name, type] of want.attributes) {
    const source = got.attributes.get(name);
    if (source === undefined || typesEqual(source, type) || conversionBetween(source, type, unsafe)) continue;
    return `attribute ${quote(name)}: ${mismatchMessage(source, type)}`;
  }
  return undefined;
}

function structuralMismatch(got: TupleType | ObjectType, want: CollectionType): string {
  if ((got.kind === "object") !== (want.kind === "map")) return `${constraintName(want)} required`;
  if (want.element.kind === "dynamic") return `all ${want.kind} elements must have the same type`;
  const elements = got.kind === "tuple" ? got.elements.entries() : got.attributes.entries();
  for (const [key, type] of elements) {
    if (typesEqual(type, want.element) || conversionBetween(type, want.element, true)) continue;
    const name = typeof key === "string" ? quote(key) : key;
    return `element ${name}: ${mismatchMessage(type, want.element)}`;
  }
  return `all elements must be ${constraintName(want.element)}`;
}

function collectionMismatch(got: CollectionType, want: CollectionType): string {
  if ((got.kind === "map") !== (want.kind === "map")) return `${constraintName(want)} required`;
  return `incorrect ${want.kind} element type: ${mismatchMessage(got.element, want.element)}`;
}

// Whether naming both types would lead the reader astray, as for a string that merely spells no number.
function isConfusing(got: Type, want: Type): boolean {
  if (isPrimitive(got) !== isPrimitive(want) || want.kind === "string") return false;
  if (want.kind === "bool" && got.kind === "number") return false;
  if (want.kind === "number" && got.kind === "bool") return false;
  if (isCollection(got) && isCollection(want) && !hasDynamic(got.element) && hasDynamic(want.element)) return false;
  return !(got.kind === "tuple" && want.kind === "object");
}
