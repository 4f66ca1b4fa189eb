import {
  boolType,
  boolValue,
  convert,
  dynamicType,
  elementAt,
  listType,
  listValue,
  mapType,
  mapValue,
  numberType,
  numberValue,
  objectType,
  objectValue,
  PathError,
  quote,
  stringType,
  stringValue,
  type Type,
  tupleType,
  tupleValue,
  typeName,
  typesEqual,
  type Value,
} from "../../cty/index.ts";
import { panic, positionOf } from "../core/arguments.ts";
import { type Arguments, argumentFault, FunctionError, type FunctionTable, type Parameter } from "../core/function.ts";

function anything(name: string): Parameter {
  return { name, type: dynamicType };
}

function anythingOrNull(name: string): Parameter {
  return { name, type: dynamicType, allowDynamicType: true };
}

const notIndexed = "collection must be a list, a map or a tuple";

/** Maps and objects: the other part of go-cty's `stdlib/collection.go`. */
export const mapFunctions: FunctionTable = {
  hasindex: {
    params: [anythingOrNull("collection"), anythingOrNull("key")],
    type: (args) => {
      if (!["tuple", "list", "map"].includes(args[0].type.kind)) throw new FunctionError(notIndexed);
      return boolType;
    },
    impl: (args) => boolValue(elementAt(args[0], args[1]) !== undefined),
  },
  index: { params: [anything("collection"), anythingOrNull("key")], type: indexedType, impl: indexed },
  keys: {
    params: [anything("inputMap")],
    type: keysType,
    impl: (args, type) => rowOf(type, Array.from(args[0].asMap().keys(), stringValue)),
  },
  length: {
    params: [anythingOrNull("collection")],
    type: (args) => {
      if (!["tuple", "list", "map", "set"].includes(args[0].type.kind)) throw new FunctionError(notIndexed);
      return numberType;
    },
    impl: (args) => numberValue(args[0].length),
  },
  lookup: {
    params: [anything("inputMap"), { name: "key", type: stringType }, anything("default")],
    type: lookupType,
    impl: (args, type) => args[0].asMap().get(args[1].asString()) ?? convert(args[2], type),
  },
  merge: {
    params: [],
    varParam: { name: "maps", type: dynamicType, allowNull: true, allowDynamicType: true },
    type: mergedType,
    impl: merged,
  },
  values: {
    params: [anything("mapping")],
    type: valuesType,
    impl: (args, type) => rowOf(type, args[0].asElements()),
  },
  zipmap: {
    params: [{ name: "keys", type: listType(stringType) }, anything("values")],
    type: zippedType,
    impl: zipped,
  },
};

function rowOf(type: Type, elements: readonly Value[]): Value {
  return type.kind === "list" ? listValue(elements, type.element) : tupleValue(elements);
}

function indexedType(args: Arguments): Type {
  const { type } = args[0];
  const key = args[1];
  if (type.kind !== "tuple" && type.kind !== "list" && type.kind !== "map") throw new FunctionError(notIndexed);
  const wanted = type.kind === "map" ? "string" : "number";
  if (key.type.kind !== wanted) throw new FunctionError(`key for ${type.kind} must be ${wanted}`);
  return type.kind === "tuple" ? tupleElementType(type.elements, key) : type.element;
}

function tupleElementType(elements: readonly Type[], key: Value): Type {
  const found = elements[tuplePosition(key)];
  // The upper limit is one too high, in go-cty, too.
  if (found === undefined) throw new FunctionError(`key must be between 0 and ${elements.length} inclusive`);
  return found;
}

function tuplePosition(key: Value): number {
  try {
    return positionOf(key);
  } catch (error) {
    if (!(error instanceof FunctionError)) throw error;
    throw new FunctionError(`invalid key for tuple: ${error.message}`, { cause: error });
  }
}

function indexed(args: Arguments): Value {
  const found = elementAt(args[0], args[1]);
  if (found === undefined) throw new FunctionError("invalid index");
  return found;
}

function keysType(args: Arguments): Type {
  const { type } = args[0];
  if (type.kind === "map") return listType(stringType);
  if (type.kind === "object") return tupleType(Array.from(type.attributes.keys(), () => stringType));
  throw argumentFault(0, "must have map or object type");
}

function valuesType(args: Arguments): Type {
  const { type } = args[0];
  if (type.kind === "map") return listType(type.element);
  if (type.kind === "object") return tupleType([...type.attributes.values()]);
  throw new FunctionError("values() requires a map as the first argument");
}

function lookupType(args: Arguments): Type {
  const [{ type }, key, fallback] = [args[0], args[1], args[2]];
  if (type.kind === "object") return type.attributes.get(key.asString()) ?? fallback.type;
  if (type.kind !== "map") {
    throw argumentFault(0, "lookup() requires a map as the first argument");
  }
  try {
    convert(fallback, type.element);
  } catch (error) {
    if (!(error instanceof PathError)) throw error;
    const message = "the default value must have the same type as the map elements";
    throw argumentFault(2, message, error);
  }
  return type.element;
}

function mergedType(args: readonly Value[]): Type {
  const first = args[0];
  if (first === undefined) return objectType([]);
  const attributes = new Map<string, Type>();
  for (const arg of args) {
    if (arg.type.kind === "dynamic") return dynamicType;
    if (arg.type.kind !== "map" && arg.type.kind !== "object") {
      throw new FunctionError(`arguments must be maps or objects, got ${quote(typeName(arg.type))}`);
    }
    if (arg.isNull) continue;
    for (const [name, value] of arg.asMap()) attributes.set(name, value.type);
  }
  return args.every((arg) => typesEqual(arg.type, first.type)) ? first.type : objectType(attributes);
}

function merged(args: readonly Value[], type: Type): Value {
  const entries = args.flatMap((arg) => (arg.isNull ? [] : Array.from(entriesOf(arg))));
  return type.kind === "map" ? mapValue(entries, type.element) : objectValue(entries);
}

// Beside an untyped null, go-cty has not checked that all arguments are maps or objects.
function* entriesOf(value: Value): Generator<readonly [string, Value]> {
  if (!value.isIterable) throw panic("attempt to iterate on non-collection, non-tuple type");
  for (const [key, element] of value.entries()) {
    if (key.type.kind !== "string") throw panic("not a string");
    yield [key.asString(), element];
  }
}

function zippedType(args: Arguments): Type {
  const { type } = args[1];
  if (type.kind === "list") return mapType(type.element);
  if (type.kind !== "tuple") throw new FunctionError("values argument must be a list or tuple value");
  checkCounts(args[0].length, type.elements.length);
  return objectType(
    args[0].asElements().map((key, at) => {
      if (key.isNull) throw new FunctionError(`keys list has null value at index ${at}`);
      return [key.asString(), type.elements[at] ?? dynamicType] as const;
    }),
  );
}

function checkCounts(keys: number, values: number): void {
  if (keys === values) return;
  throw new FunctionError(`number of keys (${keys}) does not match number of values (${values})`);
}

function zipped(args: Arguments, type: Type): Value {
  const values = args[1].asElements();
  checkCounts(args[0].length, values.length);
  const entries = args[0].asElements().flatMap((key, at) => {
    if (key.isNull) throw panic("value is null");
    const value = values[at];
    return value === undefined ? [] : [[key.asString(), value] as const];
  });
  return type.kind === "map" ? mapValue(entries, type.element) : objectValue(entries);
}
