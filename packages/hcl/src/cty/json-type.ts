import type { JsonTree } from "./json-text.ts";
import { PathError } from "./path-error.ts";
import { quote } from "./quote.ts";
import {
  boolType,
  dynamicType,
  listType,
  mapType,
  numberType,
  objectType,
  setType,
  stringType,
  type Type,
  tupleType,
  typeName,
} from "./type.ts";
import { normalizeString } from "./value.ts";

/** Writes a type as go-cty's `json.MarshalType` does: `"string"`, `["list","string"]`, `["object",{"a":"number"}]`. */
export function encodeJsonType(type: Type): string {
  return JSON.stringify(typeTree(type));
}

function typeTree(type: Type): unknown {
  switch (type.kind) {
    case "list":
    case "set":
    case "map":
      return [type.kind, typeTree(type.element)];
    case "tuple":
      return [type.kind, type.elements.map(typeTree)];
    case "object":
      return [type.kind, Object.fromEntries(Array.from(type.attributes, ([name, part]) => [name, typeTree(part)]))];
    case "capsule":
      throw new PathError(`type not allowed: ${typeName(type)}`);
    default:
      return type.kind;
  }
}

/** Reads a type as go-cty's `Type.UnmarshalJSON` does, in a value whose type is told beside it. @throws {PathError} */
export function decodeJsonType(tree: JsonTree): Type {
  switch (tree.kind) {
    case "string":
      return primitiveNamed(tree.text);
    case "array":
      return compound(tree.elements);
    case "object":
      throw undescribed("invalid complex type description");
    default:
      throw undescribed("invalid type description");
  }
}

function undescribed(why: string): PathError {
  return new PathError(`failed to decode type for dynamic value: ${why}`);
}

function primitiveNamed(name: string): Type {
  const type = [boolType, numberType, stringType, dynamicType].find(({ kind }) => kind === name);
  if (type === undefined) throw undescribed(`invalid primitive type name ${quote(name)}`);
  return type;
}

function compound([kind, description, ...rest]: readonly JsonTree[]): Type {
  const name = kind?.kind === "string" ? kind.text : "";
  if (!["list", "set", "map", "object", "tuple"].includes(name)) throw undescribed("invalid complex type kind name");
  if (description === undefined) throw undescribed("expected comma after array element");
  const optional = name === "object" ? rest.shift() : undefined;
  const type = compoundOf(name, description, optional);
  if (rest.length > 0) throw undescribed("unexpected extra data in type description");
  return type;
}

function compoundOf(name: string, description: JsonTree, optional: JsonTree | undefined): Type {
  switch (name) {
    case "list":
      return listType(decodeJsonType(description));
    case "set":
      return setType(decodeJsonType(description));
    case "map":
      return mapType(decodeJsonType(description));
    case "tuple":
      return tupleType(elementsIn(description, "[]cty.Type").map(decodeJsonType));
    default:
      return objectFrom(description, optional);
  }
}

function objectFrom(description: JsonTree, optional: JsonTree | undefined): Type {
  const attributes = new Map(
    membersIn(description).map(([name, type]) => [normalizeString(name), decodeJsonType(type)] as const),
  );
  const names = optional === undefined ? [] : elementsIn(optional, "[]string").map(optionalName);
  const unknown = names.find((name) => !attributes.has(name));
  // go-cty panics.
  if (unknown !== undefined) throw undescribed(`optional attribute ${quote(unknown)} is none of the object's`);
  return objectType(attributes, names);
}

function optionalName(tree: JsonTree): string {
  if (tree.kind === "null") return "";
  if (tree.kind !== "string") throw unfit(tree, "string");
  return normalizeString(tree.text);
}

/** Go takes `null` for an empty list, and for an empty map. */
function elementsIn(tree: JsonTree, goType: string): readonly JsonTree[] {
  if (tree.kind === "array") return tree.elements;
  if (tree.kind === "null") return [];
  throw unfit(tree, goType);
}

function membersIn(tree: JsonTree): readonly (readonly [string, JsonTree])[] {
  if (tree.kind === "object") return tree.members;
  if (tree.kind === "null") return [];
  throw unfit(tree, "map[string]cty.Type");
}

function unfit({ kind }: JsonTree, goType: string): PathError {
  return undescribed(`json: cannot unmarshal ${kind} into Go value of type ${goType}`);
}
