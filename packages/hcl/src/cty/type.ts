import { compareStrings } from "./compare-strings.ts";
import type { Value } from "./value.ts";

/** The types of values that have no parts. */
export interface PrimitiveType {
  readonly kind: "string" | "number" | "bool";
}

/** "Any type": a constraint that every value meets, and the type of a bare `null`. */
export interface DynamicType {
  readonly kind: "dynamic";
}

/** Many elements of one type. */
export interface CollectionType {
  readonly kind: "list" | "set" | "map";
  readonly element: Type;
}

/** A fixed row of elements, each of a type of its own. */
export interface TupleType {
  readonly kind: "tuple";
  readonly elements: readonly Type[];
}

/** Named attributes, each of a type of its own. */
export interface ObjectType {
  readonly kind: "object";
  /** In ascending order of the names. */
  readonly attributes: ReadonlyMap<string, Type>;
  /** Names that may be absent from a value converted to this type; empty in the type of a value. */
  readonly optional: ReadonlySet<string>;
}

/** What a capsule type lets the language do with its values: go-cty's `CapsuleOps`. All are optional. */
export interface CapsuleOperations {
  /** Whether two contents are equal; default: identity. */
  readonly equals?: ((a: unknown, b: unknown) => boolean) | undefined;
  /** A text that is the same for equal contents; it makes sets of capsules fast. */
  readonly hashKey?: ((content: unknown) => string) | undefined;
  /**
   * How a value of `source` becomes a content of this type, or undefined when it never can.
   * What is returned throws a `PathError` for a value that does not fit.
   */
  readonly conversionTo?: ((source: Type) => ((value: Value) => unknown) | undefined) | undefined;
  /** How a content of this type becomes a value of `target`, or undefined when it never can. */
  readonly conversionFrom?: ((target: Type) => ((content: unknown) => Value) | undefined) | undefined;
}

/**
 * A type whose values are opaque to the language. Two capsule types are the same only when they are the same
 * object.
 */
export interface CapsuleType extends CapsuleOperations {
  readonly kind: "capsule";
  readonly name: string;
}

/** The type of a value, or, with `dynamic` in it, a constraint on types. */
export type Type = PrimitiveType | DynamicType | CollectionType | TupleType | ObjectType | CapsuleType;

export const stringType: PrimitiveType = { kind: "string" };
export const numberType: PrimitiveType = { kind: "number" };
export const boolType: PrimitiveType = { kind: "bool" };
export const dynamicType: DynamicType = { kind: "dynamic" };

/** A sequence of any length. */
export function listType(element: Type): CollectionType {
  return { kind: "list", element };
}

/** Distinct elements without an order of their own. */
export function setType(element: Type): CollectionType {
  return { kind: "set", element };
}

/** Any string keys to values of one type. */
export function mapType(element: Type): CollectionType {
  return { kind: "map", element };
}

/** A fixed row of elements. */
export function tupleType(elements: readonly Type[]): TupleType {
  return { kind: "tuple", elements };
}

const none: ReadonlySet<string> = new Set();

/** Named attributes, given in any order. `optional` is for constraints only. */
export function objectType(
  attributes: Iterable<readonly [name: string, type: Type]>,
  optional: Iterable<string> = none,
): ObjectType {
  return {
    kind: "object",
    attributes: sortedByKey(attributes),
    optional: optional === none ? none : new Set(optional),
  };
}

/** A new opaque type, different from every other. */
export function capsuleType(name: string, operations: CapsuleOperations = {}): CapsuleType {
  return { ...operations, kind: "capsule", name };
}

/** Whether two types are the same. */
export function typesEqual(a: Type, b: Type): boolean {
  if (a === b) return true;
  if (a.kind !== b.kind) return false;
  switch (a.kind) {
    case "list":
    case "set":
    case "map":
      return typesEqual(a.element, (b as CollectionType).element);
    case "tuple":
      return tuplesEqual(a, b as TupleType);
    case "object":
      return objectsEqual(a, b as ObjectType);
    case "capsule":
      return false;
    default:
      return true;
  }
}

function tuplesEqual(a: TupleType, b: TupleType): boolean {
  if (a.elements.length !== b.elements.length) return false;
  return a.elements.every((type, at) => typesEqual(type, b.elements[at] ?? dynamicType));
}

function objectsEqual(a: ObjectType, b: ObjectType): boolean {
  if (a.attributes.size !== b.attributes.size || a.optional.size !== b.optional.size) return false;
  for (const [name, type] of a.attributes) {
    const other = b.attributes.get(name);
    if (other === undefined || !typesEqual(type, other) || a.optional.has(name) !== b.optional.has(name)) return false;
  }
  return true;
}

/** Whether it is string, number or bool. */
export function isPrimitive(type: Type): type is PrimitiveType {
  return type.kind === "string" || type.kind === "number" || type.kind === "bool";
}

/** Whether it is a list, set or map. */
export function isCollection(type: Type): type is CollectionType {
  return type.kind === "list" || type.kind === "set" || type.kind === "map";
}

/** Whether `dynamic` occurs in the type: it is then a constraint that several types meet. */
export function hasDynamic(type: Type): boolean {
  switch (type.kind) {
    case "dynamic":
      return true;
    case "list":
    case "set":
    case "map":
      return hasDynamic(type.element);
    case "tuple":
      return type.elements.some(hasDynamic);
    case "object":
      return [...type.attributes.values()].some(hasDynamic);
    default:
      return false;
  }
}

/** The type without any mark that an attribute may be absent. */
export function withoutOptionalAttributes(type: Type): Type {
  switch (type.kind) {
    case "list":
    case "set":
    case "map":
      return { kind: type.kind, element: withoutOptionalAttributes(type.element) };
    case "tuple":
      return tupleType(type.elements.map(withoutOptionalAttributes));
    case "object":
      return objectType([...type.attributes].map(([name, attribute]) => [name, withoutOptionalAttributes(attribute)]));
    default:
      return type;
  }
}

/** The name of a type in messages: `string`, `list of string`, `object`, `dynamic`. */
export function typeName(type: Type): string {
  if (isCollection(type)) return `${type.kind} of ${typeName(type.element)}`;
  return type.kind === "capsule" ? type.name : type.kind;
}

/** The name of a constraint in messages: as {@link typeName}, but `any type` and `list of any single type`. */
export function constraintName(type: Type): string {
  if (type.kind === "dynamic") return "any type";
  if (!isCollection(type)) return typeName(type);
  return `${type.kind} of ${type.element.kind === "dynamic" ? "any single type" : constraintName(type.element)}`;
}

/** The entries as a map in ascending order of the keys; of equal keys the last one stays. */
export function sortedByKey<T>(entries: Iterable<readonly [string, T]>): ReadonlyMap<string, T> {
  const map = new Map(entries);
  if (isAscending(map.keys())) return map;
  return new Map([...map].sort(([a], [b]) => compareStrings(a, b)));
}

function isAscending(keys: Iterable<string>): boolean {
  let before: string | undefined;
  for (const key of keys) {
    if (before !== undefined && compareStrings(before, key) > 0) return false;
    before = key;
  }
  return true;
}
