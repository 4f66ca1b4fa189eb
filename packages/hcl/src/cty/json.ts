import { bigFloatText, parseBigFloat } from "./big-float-text.ts";
import { nonconformity } from "./conform.ts";
import { convert } from "./convert.ts";
import { asElementOf, commonElementType } from "./homogeneous.ts";
import { type JsonTree, parseJsonText, parseJsonValue } from "./json-text.ts";
import { decodeJsonType, encodeJsonType } from "./json-type.ts";
import { PathError, within } from "./path-error.ts";
import { quote } from "./quote.ts";
import { setValue } from "./set-value.ts";
import {
  type CollectionType,
  dynamicType,
  type ObjectType,
  type TupleType,
  type Type,
  typeName,
  typesEqual,
} from "./type.ts";
import {
  boolValue,
  dynamicNull,
  listValue,
  mapValue,
  normalizeString,
  nullValue,
  numberValue,
  objectValue,
  stringValue,
  tupleValue,
  type Value,
} from "./value.ts";

/**
 * Writes a value as JSON: go-cty's `json.Marshal`. Keys are sorted, HTML's characters escaped, numbers in full; a
 * part whose type in `type` is dynamic is written as an object of value and type.
 * @throws {PathError} for what JSON cannot hold.
 */
export function encodeJson(value: Value, type: Type = value.type): string {
  return encode(nonconformity(value.type, type) === undefined ? value : convert(value, type), type);
}

function encode(value: Value, type: Type): string {
  if (!value.isKnown) throw new PathError("value is not known");
  if (type.kind === "dynamic" && value.type.kind !== "dynamic") {
    return `{"value":${encode(value, value.type)},"type":${encodeJsonType(value.type)}}`;
  }
  if (value.isNull) return "null";
  switch (type.kind) {
    case "string":
      return encodeJsonString(value.asString());
    case "number":
      if (value.asNumber().infinite) throw new PathError("cannot serialize infinity as JSON");
      return bigFloatText(value.asNumber());
    case "bool":
      return String(value.asBool());
    case "list":
    case "set":
      return encodeRow(value, () => type.element);
    case "tuple":
      return encodeRow(value, (at) => type.elements[at]);
    case "map":
      return encodeMembers(value, () => type.element);
    case "object":
      return encodeMembers(value, (name) => type.attributes.get(name));
    default:
      throw new PathError(`cannot JSON-serialize ${typeName(type)}`);
  }
}

function encodeRow(value: Value, typeAt: (at: number) => Type | undefined): string {
  const elements = value.asElements().map((element, at) =>
    within(
      () => ({ index: numberValue(at) }),
      () => encode(element, typeAt(at) ?? element.type),
    ),
  );
  return `[${elements.join(",")}]`;
}

function encodeMembers(value: Value, typeOf: (name: string) => Type | undefined): string {
  const members = Array.from(value.asMap(), ([name, member]) =>
    within(
      () => ({ attribute: name }),
      () => `${encodeJsonString(name)}:${encode(member, typeOf(name) ?? member.type)}`,
    ),
  );
  return `{${members.join(",")}}`;
}

/** Writes a string as JSON with the characters escaped that Go escapes. */
export function encodeJsonString(text: string): string {
  return JSON.stringify(text).replace(/[<>&\u2028\u2029]/g, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
}

/** Reads JSON as what it says by itself: objects and tuples, no maps or lists. @throws {PathError} */
export function decodeImpliedJson(text: string): Value {
  return implied(parseJsonText(text));
}

function implied(tree: JsonTree): Value {
  switch (tree.kind) {
    case "null":
      return dynamicNull;
    case "bool":
      return boolValue(tree.value);
    case "number":
      return parsedNumber(tree.text);
    case "string":
      return stringValue(tree.text);
    case "array":
      return tupleValue(tree.elements.map(implied));
    case "object":
      return objectValue(impliedMembers(tree.members));
  }
}

function impliedMembers(members: readonly (readonly [string, JsonTree])[]): Map<string, Value> {
  const values = new Map<string, Value>();
  for (const [key, tree] of members) {
    // go-cty looks for the key as it is written among the attributes in normal form.
    if (normalizeString(key) !== key) throw new PathError(`unsupported attribute ${quote(key)}`);
    const value = implied(tree);
    const before = values.get(key);
    if (before !== undefined && !typesEqual(before.type, value.type)) {
      throw new PathError(`duplicate ${quote(key)} property in JSON object`);
    }
    values.set(key, value);
  }
  return values;
}

function parsedNumber(text: string): Value {
  const number = parseBigFloat(text);
  if (number === undefined) throw new PathError("a number is required");
  return numberValue(number);
}

/**
 * Reads the JSON value that a text begins with as one of `type`: go-cty's `json.Unmarshal`. A part whose type is
 * dynamic has to be an object of value and type, as `encodeJson` writes it.
 * @throws {PathError}
 */
export function decodeJson(text: string, type: Type): Value {
  return decode(parseJsonValue(text), type);
}

function decode(tree: JsonTree, type: Type): Value {
  if (tree.kind === "null") return nullValue(type);
  switch (type.kind) {
    case "dynamic":
      return decodeDynamic(tree);
    case "bool":
      if (tree.kind === "bool") return boolValue(tree.value);
      if (tree.kind === "string") return convert(stringValue(tree.text), type);
      throw new PathError("bool is required");
    case "number":
      if (tree.kind === "number" || tree.kind === "string") return parsedNumber(tree.text);
      throw new PathError("number is required");
    case "string":
      return decodeString(tree);
    case "list":
    case "set":
      return decodeSequence(tree, type);
    case "tuple":
      return decodeTuple(tree, type);
    case "map":
      return decodeMap(tree, type);
    case "object":
      return decodeObject(tree, type);
    default:
      throw new PathError(`unsupported type ${typeName(type)}`);
  }
}

/** Of members that are there twice the last one counts, but each must be right. */
function decodeDynamic(tree: JsonTree): Value {
  let [type, body]: [Type?, JsonTree?] = [];
  for (const [key, member] of membersOf(tree)) {
    if (key === "value") body = member;
    else if (key === "type") type = decodeJsonType(member);
    else throw new PathError(`invalid key ${quote(key)} in dynamically-typed value`);
  }
  if (type === undefined) throw new PathError("missing type in dynamically-typed value");
  if (body === undefined) throw new PathError("missing value in dynamically-typed value");
  return decode(body, type);
}

function decodeString(tree: JsonTree): Value {
  if (tree.kind === "string" || tree.kind === "number") return stringValue(tree.text);
  if (tree.kind === "bool") return stringValue(String(tree.value));
  throw new PathError("string is required");
}

function elementsOf(tree: JsonTree): readonly JsonTree[] {
  if (tree.kind === "array") return tree.elements;
  throw new PathError("missing expected [");
}

function membersOf(tree: JsonTree): readonly (readonly [string, JsonTree])[] {
  if (tree.kind === "object") return tree.members;
  throw new PathError("missing expected {");
}

function decodeElements(tree: JsonTree, typeAt: (at: number) => Type): readonly Value[] {
  return elementsOf(tree).map((element, at) =>
    within(
      () => ({ index: numberValue(at) }),
      () => decode(element, typeAt(at)),
    ),
  );
}

function decodeSequence(tree: JsonTree, type: CollectionType): Value {
  const decoded = decodeElements(tree, () => type.element);
  const element = elementTypeOf(decoded, type);
  const elements = decoded.map((value) => asElementOf(element, value));
  return type.kind === "set" ? setValue(elements, element) : listValue(elements, element);
}

/** Elements that bring their types must all bring the same; go-cty panics otherwise. */
function elementTypeOf(elements: readonly Value[], { kind, element }: CollectionType): Type {
  if (element.kind !== "dynamic") return element;
  const common = commonElementType(elements);
  if (common === undefined) throw new PathError(`inconsistent ${kind} element types`);
  return common;
}

function decodeTuple(tree: JsonTree, type: TupleType): Value {
  const wanted = type.elements.length;
  const given = elementsOf(tree).length;
  if (given > wanted) throw new PathError(`too many tuple elements (need ${wanted})`);
  const elements = decodeElements(tree, (at) => type.elements[at] ?? dynamicType);
  if (given < wanted) throw new PathError(`not enough tuple elements (need ${wanted})`);
  return tupleValue(elements);
}

function decodeMap(tree: JsonTree, type: CollectionType): Value {
  const entries = membersOf(tree).map(([key, member]) =>
    within(
      () => ({ index: stringValue(key) }),
      () => [key, decode(member, type.element)] as const,
    ),
  );
  const element = elementTypeOf(
    entries.map(([, value]) => value),
    type,
  );
  return mapValue(
    entries.map(([key, value]) => [key, asElementOf(element, value)]),
    element,
  );
}

function decodeObject(tree: JsonTree, type: ObjectType): Value {
  const attributes = new Map<string, Value>();
  for (const [key, member] of membersOf(tree)) {
    const attribute = type.attributes.get(key);
    if (attribute === undefined) throw new PathError(`unsupported attribute ${quote(key)}`);
    attributes.set(
      key,
      within(
        () => ({ attribute: key }),
        () => decode(member, attribute),
      ),
    );
  }
  const absent = [...type.attributes].filter(([name]) => !attributes.has(name));
  return objectValue([...attributes, ...absent.map(([name, attribute]) => [name, nullValue(attribute)] as const)]);
}
