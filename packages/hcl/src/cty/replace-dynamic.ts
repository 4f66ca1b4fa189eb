import {
  type CollectionType,
  isCollection,
  listType,
  mapType,
  type ObjectType,
  objectType,
  setType,
  type TupleType,
  type Type,
  tupleType,
} from "./type.ts";
import { unify } from "./unify.ts";

/**
 * The type that a null (or unknown) value of type `from` has once it is converted to the constraint `to`: go-cty's
 * `dynamicReplace`.
 */
export function replaceDynamic(from: Type, to: Type): Type {
  if (from.kind === "dynamic") return to;
  switch (to.kind) {
    case "dynamic":
      return from;
    case "map":
      return replaceInMap(from, to);
    case "list":
    case "set":
      return replaceInSequence(from, to);
    case "object":
      return replaceInObject(from, to);
    case "tuple":
      return replaceInTuple(from, to);
    default:
      return to;
  }
}

function replaceInMap(from: Type, to: CollectionType): Type {
  if (from.kind === "map") return mapType(replaceDynamic(from.element, to.element));
  if (from.kind !== "object") return to;
  return mapType(replaceByUnified([...from.attributes.values()], to.element));
}

function replaceInSequence(from: Type, to: CollectionType): Type {
  const collection = to.kind === "set" ? setType : listType;
  if (isCollection(from) && from.kind !== "map") return collection(replaceDynamic(from.element, to.element));
  return from.kind === "tuple" ? collection(replaceByUnified(from.elements, to.element)) : to;
}

function replaceByUnified(types: readonly Type[], to: Type): Type {
  const unified = unify(types, true);
  return unified === undefined ? to : replaceDynamic(unified.type, to);
}

function replaceInObject(from: Type, to: ObjectType): Type {
  return objectType(
    Array.from(to.attributes, ([name, type]) => {
      const source =
        from.kind === "map" ? from.element : from.kind === "object" ? from.attributes.get(name) : undefined;
      return [name, source === undefined ? type : replaceDynamic(source, type)] as const;
    }),
  );
}

function replaceInTuple(from: Type, to: TupleType): Type {
  const sources = from.kind === "tuple" ? from.elements : [];
  return tupleType(to.elements.map((type, at) => replaceDynamic(sources[at] ?? type, type)));
}
