import {
  type BigFloat,
  boolType,
  boolValue,
  convert,
  dynamicType,
  listType,
  listValue,
  numberType,
  numberValue,
  setValue,
  stringType,
  type Type,
  tupleType,
  tupleValue,
  typeName,
  typesEqual,
  unify,
  type Value,
  valuesEqual,
} from "../../cty/index.ts";
import { positionOf } from "../core/arguments.ts";
import {
  type Arguments,
  argumentFault,
  FunctionError,
  type FunctionTable,
  onArgument,
  type Parameter,
} from "../core/function.ts";

function anything(name: string): Parameter {
  return { name, type: dynamicType };
}

const anyList: Parameter = { name: "list", type: listType(dynamicType) };
const strings = listType(stringType);

/** Lists and tuples: the sequence part of go-cty's `stdlib/collection.go`, and `stdlib/sequence.go`. */
export const sequenceFunctions: FunctionTable = {
  chunklist: {
    params: [anyList, { name: "size", type: numberType }],
    type: (args) => listType(args[0].type),
    impl: (args) => chunks(args[0], sizeOf(args[1])),
  },
  coalescelist: {
    params: [],
    varParam: { name: "vals", type: dynamicType, allowNull: true, allowDynamicType: true },
    type: coalescedListType,
    impl: (args) => {
      const found = args.find((arg) => !arg.isNull && arg.length > 0);
      if (found === undefined) throw new FunctionError("no non-null arguments");
      return found;
    },
  },
  compact: {
    params: [{ name: "list", type: strings }],
    type: strings,
    impl: (args) => {
      const kept = args[0].asElements().filter((element) => !element.isNull && element.asString() !== "");
      return listValue(kept, stringType);
    },
  },
  concat: { params: [], varParam: anything("seqs"), type: concatenatedType, impl: concatenated },
  contains: { params: [anything("list"), anything("value")], type: boolType, impl: contains },
  distinct: { params: [anyList], type: (args) => args[0].type, impl: distinct },
  element: {
    params: [anything("list"), { name: "index", type: numberType }],
    type: (args) => elementOf(args).type,
    impl: elementOf,
  },
  flatten: { params: [anything("list")], type: flattenedType, impl: (args) => tupleValue(flattened(args[0])) },
  indexof: { params: [anything("list"), anything("value")], type: numberType, impl: indexOf },
  range: { params: [], varParam: { name: "params", type: numberType }, type: listType(numberType), impl: range },
  reverselist: {
    params: [anything("list")],
    type: reversedType,
    impl: (args, type) => sequenceOf(type, args[0].asElements().toReversed()),
  },
  slice: {
    params: [anything("list"), { name: "start_index", type: numberType }, { name: "end_index", type: numberType }],
    type: slicedType,
    impl: (args, type) => sequenceOf(type, args[0].asElements().slice(...sliceBounds(args))),
  },
};

/** A list or set of the type's elements, or a tuple. */
function sequenceOf(type: Type, elements: readonly Value[]): Value {
  if (type.kind === "list") return listValue(elements, type.element);
  return type.kind === "set" ? setValue(elements, type.element) : tupleValue(elements);
}

function sizeOf(argument: Value): number {
  const size = prefixed("invalid size", () => positionOf(argument));
  if (size < 0) throw new FunctionError("the size argument must be positive");
  return size;
}

function prefixed<T>(prefix: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof FunctionError) throw new FunctionError(`${prefix}: ${error.message}`, { cause: error });
    throw error;
  }
}

function chunks(list: Value, size: number): Value {
  const elements = list.asElements();
  const step = size === 0 ? elements.length : size;
  const pieces: Value[] = [];
  for (let at = 0; at < elements.length; at += step) pieces.push(sequenceOf(list.type, elements.slice(at, at + step)));
  return listValue(pieces, list.type);
}

function coalescedListType(args: readonly Value[]): Type {
  const first = args[0];
  if (first === undefined) throw new FunctionError("at least one argument is required");
  if (!args.every(({ type }) => type.kind === "list" || type.kind === "tuple")) {
    throw new FunctionError("coalescelist arguments must be lists or tuples");
  }
  return args.every(({ type }) => typesEqual(type, first.type)) ? first.type : dynamicType;
}

function concatenatedType(args: readonly Value[]): Type {
  if (args.length === 0) throw new FunctionError("at least one argument is required");
  const types = args.map((arg) => arg.type);
  if (types.every((type) => type.kind === "list")) {
    const unified = unify(types, true);
    if (unified !== undefined) return unified.type;
  }
  const parts = args.flatMap((arg, at) => {
    if (arg.type.kind === "tuple") return arg.type.elements;
    if (arg.type.kind === "list") return arg.asElements().map((element) => element.type);
    const name = typeName(arg.type);
    throw argumentFault(at, `all arguments must be lists or tuples; got ${name}`);
  });
  return tupleType(parts);
}

function concatenated(args: readonly Value[], type: Type): Value {
  const parts = args.flatMap((arg, at) => {
    return (type.kind === "list" ? onArgument(at, () => convert(arg, type)) : arg).asElements();
  });
  return sequenceOf(type, parts);
}

function contains(args: Arguments): Value {
  if (!["list", "tuple", "set"].includes(args[0].type.kind)) {
    throw new FunctionError("argument must be list, tuple, or set");
  }
  return boolValue(args[0].asElements().some((element) => valuesEqual(args[1], element)));
}

function distinct(args: Arguments, type: Type): Value {
  const kept: Value[] = [];
  for (const element of args[0].asElements()) {
    if (!kept.some((other) => valuesEqual(other, element))) kept.push(element);
  }
  return sequenceOf(type, kept);
}

function elementOf(args: Arguments): Value {
  const [list, index] = [args[0], args[1]];
  if (list.type.kind !== "list" && list.type.kind !== "tuple") {
    throw new FunctionError(`cannot read elements from ${typeName(list.type)}`);
  }
  const position = prefixed("invalid index", () => positionOf(index));
  const { length } = list;
  const element = list.asElements()[((position % length) + length) % length];
  if (element === undefined) throw new FunctionError("cannot use element function with an empty list");
  return element;
}

function flattenedType(args: Arguments): Type {
  if (!isFlattened(args[0])) throw new FunctionError("can only flatten lists, sets and tuples");
  return tupleType(flattened(args[0]).map((element) => element.type));
}

function isFlattened(value: Value): boolean {
  return !value.isNull && (value.type.kind === "list" || value.type.kind === "set" || value.type.kind === "tuple");
}

function flattened(value: Value): Value[] {
  return value.asElements().flatMap((element) => (isFlattened(element) ? flattened(element) : [element]));
}

function indexOf(args: Arguments): Value {
  if (args[0].type.kind !== "list" && args[0].type.kind !== "tuple") {
    throw new FunctionError("argument must be a list or tuple");
  }
  if (args[0].length === 0) throw new FunctionError("cannot search an empty list");
  const index = args[0].asElements().findIndex((element) => valuesEqual(element, args[1]));
  if (index < 0) throw new FunctionError("item not found");
  return numberValue(index);
}

const largestRange = 1024;

function range(args: readonly Value[]): Value {
  const [start, end, step] = rangeParts(args);
  const down = step.sign < 0;
  const order = end.compare(start);
  if (down && order > 0) {
    throw argumentFault(1, "end must be less than start when step is negative");
  }
  if (!down && order < 0) {
    throw argumentFault(1, "end must be greater than start when step is positive");
  }
  const values: Value[] = [];
  for (let number = start; down ? number.compare(end) > 0 : number.compare(end) < 0; number = number.add(step)) {
    if (values.length >= largestRange) throw new FunctionError(rangeTooLong);
    values.push(numberValue(number));
  }
  return listValue(values, numberType);
}

const rangeTooLong =
  "more than 1024 values were generated; either decrease the difference between start and end or use a smaller step";

function rangeParts(args: readonly Value[]): readonly [BigFloat, BigFloat, BigFloat] {
  const [first, second, third] = args.map((arg) => arg.asNumber());
  if (first === undefined || args.length > 3) throw new FunctionError("must have one, two, or three arguments");
  const zero = numberValue(0).asNumber();
  const [start, end] = second === undefined ? [zero, first] : [first, second];
  const step = third ?? numberValue(end.compare(start) < 0 ? -1 : 1).asNumber();
  return [start, end, step];
}

function reversedType(args: Arguments): Type {
  const { type } = args[0];
  if (type.kind === "tuple") return tupleType(type.elements.toReversed());
  if (type.kind === "list" || type.kind === "set") return listType(type.element);
  throw argumentFault(0, `can only reverse list or tuple values, not ${typeName(type)}`);
}

function slicedType(args: Arguments): Type {
  const { type } = args[0];
  if (type.kind === "set") throw argumentFault(0, cannotSliceSet);
  if (type.kind !== "list" && type.kind !== "tuple") {
    throw argumentFault(0, "must be a list or tuple value");
  }
  const bounds = sliceBounds(args);
  return type.kind === "tuple" ? tupleType(type.elements.slice(...bounds)) : type;
}

const cannotSliceSet =
  "cannot slice a set, because its elements do not have indices; explicitly convert to a list if the ordering of the result is not important";

function sliceBounds(args: Arguments): [start: number, end: number] {
  const start = sliceBound(args, 1, "start");
  const end = sliceBound(args, 2, "end");
  if (start > end) throw argumentFault(1, "start index must not be greater than end index");
  return [start, end];
}

function sliceBound(args: Arguments, at: 1 | 2, name: string): number {
  const bound = onArgument(at, () => prefixed(`invalid ${name} index`, () => positionOf(args[at])));
  if (bound < 0) throw argumentFault(at, `${name} index must not be less than zero`);
  if (bound <= args[0].length) return bound;
  throw argumentFault(at, `${name} index must not be greater than the length of the list`);
}
