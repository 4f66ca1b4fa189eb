import {
  boolType,
  boolValue,
  convert,
  dynamicType,
  listType,
  listValue,
  setHas,
  setType,
  setValue,
  type Type,
  tupleType,
  tupleValue,
  typesEqual,
  unify,
  type Value,
} from "../../cty/index.ts";
import {
  type Arguments,
  argumentFault,
  FunctionError,
  type FunctionSpec,
  type FunctionTable,
  onArgument,
  type Parameter,
} from "../core/function.ts";

function anySet(name: string): Parameter {
  return { name, type: setType(dynamicType), allowDynamicType: true };
}

type Combine = (a: readonly Value[], b: readonly Value[]) => readonly Value[];

function operation(combine: Combine, varParam: Parameter | undefined, params: readonly string[]): FunctionSpec {
  return {
    params: params.map(anySet),
    varParam,
    type: commonSetType,
    impl: (args, type) => {
      const sets = args.map((arg, at) => onArgument(at, () => convert(arg, type)));
      return sets.reduce((a, b) => setOf(type, combine(a.asElements(), b.asElements())));
    },
  };
}

function ofMany(combine: Combine): FunctionSpec {
  return operation(combine, anySet("other_sets"), ["first_set"]);
}

/** Sets: go-cty's `stdlib/set.go`, and `setproduct` of its `stdlib/collection.go`. */
export const setFunctions: FunctionTable = {
  sethaselement: {
    params: [anySet("set"), { name: "elem", type: dynamicType, allowDynamicType: true }],
    type: boolType,
    impl: (args) => boolValue(hasElement(args)),
  },
  setintersection: ofMany((a, b) => a.filter((element) => isIn(b, element))),
  setproduct: {
    params: [],
    varParam: { name: "sets", type: dynamicType },
    type: productType,
    impl: product,
  },
  setsubtract: operation((a, b) => a.filter((element) => !isIn(b, element)), undefined, ["a", "b"]),
  setsymmetricdifference: ofMany((a, b) => [
    ...a.filter((element) => !isIn(b, element)),
    ...b.filter((element) => !isIn(a, element)),
  ]),
  setunion: ofMany((a, b) => [...a, ...b]),
};

function isIn(elements: readonly Value[], element: Value): boolean {
  return setHas(tupleValue(elements), element);
}

function setOf(type: Type, elements: readonly Value[]): Value {
  return setValue(elements, type.kind === "set" ? type.element : dynamicType);
}

function hasElement(args: Arguments): boolean {
  const { type } = args[0];
  return type.kind === "set" && typesEqual(type.element, args[1].type) && setHas(args[0], args[1]);
}

function commonSetType(args: readonly Value[]): Type {
  const elements: Type[] = [];
  for (const { type, length } of args) {
    // An empty set written down says nothing of its elements.
    if (type.kind === "set" && !(length === 0 && type.element.kind === "dynamic")) elements.push(type.element);
  }
  if (elements.length === 0) return setType(dynamicType);
  const unified = unify(elements, true);
  if (unified === undefined) throw new FunctionError("given sets must all have compatible element types");
  return setType(unified.type);
}

function productType(args: readonly Value[]): Type {
  if (args.length < 2) throw new FunctionError("at least two arguments are required");
  const pair = tupleType(args.map((arg, at) => elementType(arg.type, at)));
  return args.every((arg) => arg.type.kind !== "set") ? listType(pair) : setType(pair);
}

function elementType(type: Type, at: number): Type {
  if (type.kind === "set" || type.kind === "list") return type.element;
  if (type.kind !== "tuple") throw argumentFault(at, "a set or a list is required");
  if (type.elements.length === 0) return dynamicType;
  const unified = unify(type.elements, true);
  if (unified === undefined) throw argumentFault(at, "all elements must be of the same type");
  return unified.type;
}

/** More rows than this fill the memory before they are of use. */
const mostRows = 1_000_000;

function product(args: readonly Value[], type: Type): Value {
  const count = args.reduce((total, arg) => total * arg.length, 1);
  if (count > mostRows) throw new FunctionError(`${count} combinations are too many`);
  const pair = type.kind === "list" || type.kind === "set" ? type.element : dynamicType;
  const types = pair.kind === "tuple" ? pair.elements : [];
  let rows: (readonly Value[])[] = [[]];
  for (const [at, arg] of args.entries()) {
    const elements = arg.asElements().map((element) => convert(element, types[at] ?? dynamicType));
    rows = rows.flatMap((row) => elements.map((element) => [...row, element]));
  }
  const tuples = rows.map(tupleValue);
  return type.kind === "list" ? listValue(tuples, pair) : setValue(tuples, pair);
}
