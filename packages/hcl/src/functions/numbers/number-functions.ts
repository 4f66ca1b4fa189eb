import {
  BigFloat,
  boolType,
  boolValue,
  dynamicType,
  moduloNumbers,
  multiplyNumbers,
  numberType,
  numberValue,
  quote,
  typeName,
  type Value,
} from "../../cty/index.ts";
import { doubleOf, integerOf, panic, positionOf } from "../core/arguments.ts";
import {
  argumentFault,
  FunctionError,
  type FunctionSpec,
  type FunctionTable,
  onArgument,
  type Parameter,
} from "../core/function.ts";
import { goPower } from "./go-power.ts";
import { parseInteger } from "./parse-integer.ts";

function number(name: string): Parameter {
  return { name, type: numberType };
}

function anyNumber(name: string): Parameter {
  return { name, type: numberType, allowDynamicType: true };
}

const pair = [anyNumber("a"), anyNumber("b")];

function arithmetic(compute: (a: BigFloat, b: BigFloat) => BigFloat, fault: string): FunctionSpec {
  return {
    params: pair,
    type: numberType,
    impl: (args) => {
      try {
        return numberValue(compute(args[0].asNumber(), args[1].asNumber()));
      } catch (error) {
        if (error instanceof RangeError) throw new FunctionError(fault, { cause: error });
        throw error;
      }
    },
  };
}

function comparison(holds: (order: number) => boolean): FunctionSpec {
  return {
    params: pair,
    type: boolType,
    impl: (args) => boolValue(holds(args[0].asNumber().compare(args[1].asNumber()))),
  };
}

function ofOne(parameter: Parameter, compute: (number: BigFloat) => BigFloat | number | bigint): FunctionSpec {
  return { params: [parameter], type: numberType, impl: (args) => numberValue(compute(args[0].asNumber())) };
}

function ofDoubles(names: readonly [string, string], compute: (a: number, b: number) => number): FunctionSpec {
  return {
    params: names.map(number),
    type: numberType,
    impl: (args) => {
      const result = compute(doubleOf(args[0]), doubleOf(args[1]));
      if (Number.isNaN(result)) throw panic("Float.SetFloat64(NaN)");
      return numberValue(BigFloat.fromNumber(result));
    },
  };
}

function extreme(isBetter: (order: number) => boolean): FunctionSpec {
  return {
    params: [],
    varParam: anyNumber("numbers"),
    type: numberType,
    impl: (args) => {
      if (args.length === 0) throw new FunctionError("must pass at least one number");
      return args.reduce((best, arg) => (isBetter(arg.asNumber().compare(best.asNumber())) ? arg : best));
    },
  };
}

/** Arithmetic and comparison: go-cty's `stdlib/number.go`. */
export const numberFunctions: FunctionTable = {
  absolute: ofOne(anyNumber("num"), (num) => num.absolute()),
  add: arithmetic((a, b) => a.add(b), "can't compute sum of opposing infinities"),
  ceil: ofOne(number("num"), (num) => rounded(num, num.negative ? 0n : 1n)),
  divide: arithmetic((a, b) => a.divide(b), "can't divide zero by zero or infinity by infinity"),
  floor: ofOne(number("num"), (num) => rounded(num, num.negative ? -1n : 0n)),
  greaterthan: comparison((order) => order > 0),
  greaterthanorequalto: comparison((order) => order >= 0),
  int: ofOne(anyNumber("num"), truncated),
  lessthan: comparison((order) => order < 0),
  lessthanorequalto: comparison((order) => order <= 0),
  log: ofDoubles(["num", "base"], (num, base) => Math.log(num) / Math.log(base)),
  max: extreme((order) => order > 0),
  min: extreme((order) => order < 0),
  modulo: arithmetic(remainder, "can't use modulo with zero and infinity"),
  multiply: arithmetic(multiplyNumbers, "can't multiply zero by infinity"),
  negate: ofOne(anyNumber("num"), (num) => num.negate()),
  parseint: {
    params: [{ name: "number", type: dynamicType }, number("base")],
    type: (args) => {
      if (args[0].type.kind === "string") return numberType;
      throw argumentFault(0, `first argument must be a string, not ${typeName(args[0].type)}`);
    },
    impl: (args) => numberValue(parsedInteger(args[0].asString(), args[1])),
  },
  pow: ofDoubles(["num", "power"], goPower),
  signum: {
    params: [number("num")],
    type: numberType,
    impl: (args) => {
      const num = integerOf(args[0]);
      if (num === 0n) return numberValue(0);
      return numberValue(num < 0n ? -1 : 1);
    },
  },
  subtract: arithmetic((a, b) => a.subtract(b), "can't subtract infinity from itself"),
};

function rounded(num: BigFloat, step: bigint): BigFloat {
  if (num.infinite || num.isInteger) return num;
  return BigFloat.fromInteger(num.truncate() + step).withPrecision(num.precision);
}

// go-cty looks at the integer that an infinite number does not have.
const noInteger = "runtime error: invalid memory address or nil pointer dereference";

function remainder(a: BigFloat, b: BigFloat): BigFloat {
  if (a.infinite && !b.infinite && !b.isZero) throw panic(noInteger);
  return moduloNumbers(a, b);
}

function truncated(num: BigFloat): BigFloat {
  if (num.infinite) throw panic(noInteger);
  return num.isInteger ? num : BigFloat.fromInteger(num.truncate());
}

function parsedInteger(text: string, baseArgument: Value): bigint {
  const base = onArgument(1, () => positionOf(baseArgument));
  if (base < 2 || base > 62) {
    throw argumentFault(1, "base must be a whole number between 2 and 62 inclusive");
  }
  const integer = parseInteger(text, base);
  if (integer !== undefined) return integer;
  throw argumentFault(0, `cannot parse ${quote(text)} as a base ${base} integer`);
}
