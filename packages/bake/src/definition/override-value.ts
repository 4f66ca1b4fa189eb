import { isProblem } from "@opendepot/base";
import { goQuote, parseGoBool, readCsvFields, readGoFloat } from "@opendepot/buildflags";
import {
  BigFloat,
  boolValue,
  type CollectionType,
  isPrimitive,
  listValue,
  mapValue,
  numberValue,
  setValue,
  stringValue,
  type TupleType,
  type Type,
  tupleValue,
  typeName,
  type Value,
} from "@opendepot/hcl";
import { ResolveFault } from "./faults.ts";

/**
 * Reads a text as a string, boolean or number; numbers go through 64-bit floating point: buildx v0.36 bake/hclparser
 * `convertPrimitive`.
 *
 * @param name of the variable, for messages
 * @throws {ResolveFault}
 */
export function convertPrimitive(name: string, text: string, type: Type): Value {
  switch (type.kind) {
    case "string":
      return stringValue(text);
    case "bool":
      return boolValue(readBool(name, text));
    case "number":
      return numberValue(BigFloat.fromNumber(readNumber(name, text)));
    default:
      throw new ResolveFault(`${name} of type ${typeName(type)} is not a primitive`);
  }
}

function readBool(name: string, text: string): boolean {
  const bool = parseGoBool(text);
  if (bool !== undefined) return bool;
  const message = `strconv.ParseBool: parsing ${goQuote(text)}: invalid syntax`;
  throw new ResolveFault(`failed to parse ${name} as bool: ${message}`);
}

function readNumber(name: string, text: string): number {
  const fail = (why: string, cause?: unknown) => {
    return new ResolveFault(`failed to parse ${name} as number: ${why}`, { cause });
  };
  try {
    const number = readGoFloat(text);
    if (Number.isFinite(number)) return number;
  } catch (cause) {
    throw isProblem(cause) ? fail(cause.message, cause) : cause;
  }
  throw fail("invalid number value");
}

/** Whether a variable of this type can be set by comma separated fields. */
export function isCsvType(type: Type): type is CollectionType | TupleType {
  return ["list", "set", "map", "tuple"].includes(type.kind);
}

/**
 * Reads comma separated fields as a collection or tuple of primitives; those of a map are `key:value`: buildx v0.36
 * bake/hclparser `valueFromCSV`.
 *
 * @throws {ResolveFault}
 */
export function valueFromCsv(name: string, text: string, type: CollectionType | TupleType): Value {
  const fields = readFields(text, ",", `failed to parse ${text} as CSV`);
  if (type.kind === "tuple") return tupleFrom(name, fields, type);
  const { element } = type;
  if (!isPrimitive(element)) throw unsupported(type);
  if (type.kind === "map") return mapFrom(name, fields, type);
  const values = fields.map((field) => elementFrom(name, field, { element, whole: type, word: "of" }));
  return type.kind === "list" ? listValue(values, element) : setValue(values, element);
}

function tupleFrom(name: string, fields: readonly string[], type: TupleType): Value {
  if (type.elements.length !== fields.length) {
    const counts = `${type.elements.length} elements but only ${fields.length} provided`;
    throw new ResolveFault(`${typeName(type)} expects ${counts}`);
  }
  return tupleValue(
    type.elements.map((element, at) => {
      if (!isPrimitive(element)) throw unsupported(type);
      return elementFrom(name, fields[at] ?? "", { element, whole: type, word: "of" });
    }),
  );
}

function mapFrom(name: string, fields: readonly string[], type: CollectionType): Value {
  const entries = fields.map((field): [string, Value] => {
    const parts = readFields(field, ":", `failed to parse ${field} as k/v for variable ${name}`);
    const [key, value] = parts;
    if (key === undefined || value === undefined || parts.length !== 2)
      throw new ResolveFault(`expected one k/v pair but got ${parts.length} pieces from ${field}`);
    return [key, elementFrom(name, value, { element: type.element, whole: type, word: "from" })];
  });
  return mapValue(entries, type.element);
}

interface ElementTypes {
  readonly element: Type;
  readonly whole: Type;
  readonly word: "of" | "from";
}

function elementFrom(name: string, field: string, { element, whole, word }: ElementTypes): Value {
  try {
    return convertPrimitive(name, field, element);
  } catch (cause) {
    if (!(cause instanceof ResolveFault)) throw cause;
    const what = word === "of" ? "element of type" : "element from type";
    throw new ResolveFault(`failed to parse ${what} ${typeName(whole)}: ${cause.message}`, { cause });
  }
}

function readFields(text: string, separator: string, what: string): string[] {
  try {
    return readCsvFields(text, separator);
  } catch (cause) {
    throw isProblem(cause) ? new ResolveFault(`${what}: ${cause.message}`, { cause }) : cause;
  }
}

function unsupported(type: Type): ResolveFault {
  return new ResolveFault(`unsupported type ${typeName(type)} for CSV specification`);
}
