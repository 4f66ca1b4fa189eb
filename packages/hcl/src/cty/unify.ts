import { compareTypes } from "./compare-types.ts";
import { type Conversion, conversionBetween } from "./convert.ts";
import {
  type CollectionType,
  dynamicType,
  listType,
  mapType,
  type ObjectType,
  objectType,
  type TupleType,
  type Type,
  tupleType,
  typesEqual,
} from "./type.ts";
import { unknownValue } from "./value.ts";

/** What {@link unify} found. */
export interface Unification {
  readonly type: Type;
  /** For each given type what makes its values ones of `type`; undefined where nothing is to be done. */
  readonly conversions: readonly (Conversion | undefined)[];
}

/**
 * The most general type that all the given ones can become, or undefined: go-cty's `Unify`, and, with `unsafe`,
 * `UnifyUnsafe`.
 */
export function unify(types: readonly Type[], unsafe = false): Unification | undefined {
  const first = types[0];
  if (first === undefined) return undefined;
  if (types.every((type) => typesEqual(type, first))) return { type: first, conversions: types.map(() => undefined) };
  const kinds = new Set(types.map((type) => type.kind));
  const anyType = kinds.delete("dynamic");
  const only = kinds.size === 1 ? [...kinds][0] : undefined;
  if (only !== undefined && isComplex(only)) return anyType ? unifyAsDynamic(types) : unifyKind(only, types, unsafe);
  // Nothing takes both, whatever else there is.
  if (kinds.has("object") && kinds.has("tuple")) return undefined;
  return unifyMixed(kinds, types, unsafe) ?? unifyByPreference(types, unsafe);
}

function unifyMixed(
  kinds: ReadonlySet<Type["kind"]>,
  types: readonly Type[],
  unsafe: boolean,
): Unification | undefined {
  // Tuples are often meant as lists and objects as maps; try to take them so.
  if (kinds.has("map") && isSubset(kinds, ["map", "object"])) return unifyWithCollection(types, mapOfObjects, unsafe);
  if (kinds.has("list") && isSubset(kinds, ["list", "tuple"])) return unifyWithCollection(types, listOfTuples, unsafe);
  return undefined;
}

function isSubset(kinds: ReadonlySet<Type["kind"]>, allowed: readonly Type["kind"][]): boolean {
  return [...kinds].every((kind) => allowed.includes(kind));
}

type ComplexKind = "list" | "set" | "map" | "object" | "tuple";

function isComplex(kind: Type["kind"]): kind is ComplexKind {
  return kind === "list" || kind === "set" || kind === "map" || kind === "object" || kind === "tuple";
}

// What comes of a mixture with untyped values cannot be told before they have types.
function unifyAsDynamic(types: readonly Type[]): Unification {
  return { type: dynamicType, conversions: types.map(() => () => unknownValue(dynamicType)) };
}

function unifyKind(kind: ComplexKind, types: readonly Type[], unsafe: boolean): Unification | undefined {
  if (kind === "object") return unifyObjects(types.filter(isObject), unsafe);
  if (kind === "tuple") return unifyTuples(types.filter(isTuple), unsafe);
  const element = unify(
    types.filter(isOfKind(kind)).map((type) => type.element),
    unsafe,
  );
  return element && convertedTo({ kind, element: element.type }, types, unsafe);
}

function convertedTo(type: Type, types: readonly Type[], unsafe: boolean): Unification | undefined {
  const conversions: (Conversion | undefined)[] = [];
  for (const source of types) {
    const conversion = typesEqual(source, type) ? undefined : conversionBetween(source, type, unsafe);
    if (conversion === undefined && !typesEqual(source, type)) return undefined;
    conversions.push(conversion);
  }
  return { type, conversions };
}

function unifyObjects(types: readonly ObjectType[], unsafe: boolean): Unification | undefined {
  const names = [...(types[0]?.attributes.keys() ?? [])];
  const alike = types.every(
    ({ attributes }) => attributes.size === names.length && names.every((name) => attributes.has(name)),
  );
  if (!alike) return mapOfObjects(types, unsafe);
  const attributes: [string, Type][] = [];
  for (const name of names) {
    const across = types.map((type) => type.attributes.get(name) ?? dynamicType);
    const attribute = unify(across, unsafe);
    if (attribute === undefined) return undefined;
    attributes.push([name, attribute.type]);
  }
  return convertedTo(objectType(attributes), types, unsafe) ?? mapOfObjects(types, unsafe);
}

function unifyTuples(types: readonly TupleType[], unsafe: boolean): Unification | undefined {
  const length = types[0]?.elements.length ?? 0;
  if (types.some(({ elements }) => elements.length !== length)) return listOfTuples(types, unsafe);
  const elements: Type[] = [];
  for (let at = 0; at < length; at++) {
    const element = unify(
      types.map((type) => type.elements[at] ?? dynamicType),
      unsafe,
    );
    if (element === undefined) return undefined;
    elements.push(element.type);
  }
  return convertedTo(tupleType(elements), types, unsafe) ?? listOfTuples(types, unsafe);
}

function mapOfObjects(types: readonly Type[], unsafe: boolean): Unification | undefined {
  const attributes = types.filter(isObject).flatMap((type) => [...type.attributes.values()]);
  const element = unify(attributes, unsafe);
  return element && convertedTo(mapType(element.type), types, unsafe);
}

function listOfTuples(types: readonly Type[], unsafe: boolean): Unification | undefined {
  const elements = types.filter(isTuple).flatMap((type) => type.elements);
  const element = unify(elements, unsafe);
  return element && convertedTo(listType(element.type), types, unsafe);
}

type Collect = (types: readonly Type[], unsafe: boolean) => Unification | undefined;

/** Takes the tuples (or objects) among the types as one list (or map), and unifies that with the others. */
function unifyWithCollection(types: readonly Type[], collect: Collect, unsafe: boolean): Unification | undefined {
  const structural = types.filter((type): type is Type => type.kind === "tuple" || type.kind === "object");
  const collected = collect(structural, unsafe);
  if (collected === undefined) return undefined;
  const unified = unify(
    types.map((type) => (structural.includes(type) ? collected.type : type)),
    unsafe,
  );
  if (unified?.type.kind !== collected.type.kind) return undefined;
  const conversions = types.map((type, at) => {
    const first = collected.conversions[structural.indexOf(type)];
    return first === undefined ? unified.conversions[at] : chained(first, unified.conversions[at]);
  });
  return { type: unified.type, conversions };
}

function chained(first: Conversion, second: Conversion | undefined): Conversion {
  return second === undefined ? first : (value) => second(first(value));
}

function unifyByPreference(types: readonly Type[], unsafe: boolean): Unification | undefined {
  for (const type of inPreferenceOrder(distinctTypes(types))) {
    const found = convertedTo(type, types, unsafe);
    if (found !== undefined) return found;
  }
  return undefined;
}

function distinctTypes(types: readonly Type[]): readonly Type[] {
  const distinct: Type[] = [];
  for (const type of types) if (!distinct.some((other) => typesEqual(other, type))) distinct.push(type);
  return distinct;
}

/** The types with better common types first, otherwise in the given order: go-cty's topological `sortTypes`. */
function inPreferenceOrder(types: readonly Type[]): readonly Type[] {
  const behind = types.map((type) => types.filter((other) => compareTypes(other, type) < 0).length);
  const queue = types.filter((_, at) => behind[at] === 0);
  for (const type of queue) {
    for (const [at, other] of types.entries()) {
      if (compareTypes(type, other) >= 0) continue;
      behind[at] = (behind[at] ?? 0) - 1;
      if (behind[at] === 0) queue.push(other);
    }
  }
  return queue;
}

function isObject(type: Type): type is ObjectType {
  return type.kind === "object";
}

function isTuple(type: Type): type is TupleType {
  return type.kind === "tuple";
}

function isOfKind(kind: CollectionType["kind"]): (type: Type) => type is CollectionType {
  return (type): type is CollectionType => type.kind === kind;
}
