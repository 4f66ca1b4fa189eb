import { boolType, boolValue, convert, dynamicType, type Type, unknownValue, type Value } from "../../cty/index.ts";
import { FunctionError, type FunctionTable, onArgument } from "../core/function.ts";
import { type ClosureFault, type ExpressionClosure, expressionClosureType, typeConstraintType } from "./closure.ts";

/** Functions of expressions: HCL's `ext/tryfunc` and `ext/typeexpr`. */
export const expressionFunctions: FunctionTable = {
  can: {
    params: [{ name: "expression", type: expressionClosureType }],
    type: boolType,
    impl: (args) => succeeds(closureOf(args[0])),
  },
  convert: {
    params: [
      { name: "value", type: dynamicType, allowNull: true, allowDynamicType: true },
      { name: "type", type: typeConstraintType },
    ],
    type: dynamicType,
    impl: (args) => onArgument(0, () => convertTwice(args[0], constraintOf(args[1]))),
  },
  try: {
    params: [],
    varParam: { name: "expressions", type: expressionClosureType },
    type: dynamicType,
    impl: (args) => firstSuccess(args.map(closureOf)),
  },
};

function closureOf(value: Value): ExpressionClosure {
  return value.asCapsule() as ExpressionClosure; // the type of the capsule says so
}

// HCL finds the type of the result first and then converts to it. Optional attributes are not optional in that type,
// so an object that lacks one is refused.
function convertTwice(value: Value, constraint: Type): Value {
  return convert(value, convert(value, constraint).type);
}

function constraintOf(value: Value): Type {
  return value.asCapsule() as Type; // the type of the capsule says so
}

function succeeds(closure: ExpressionClosure): Value {
  const result = closure.evaluate();
  // What is not known yet may still turn out to be an error.
  return "value" in result && !result.value.isKnown ? unknownValue(boolType) : boolValue("value" in result);
}

function firstSuccess(closures: readonly ExpressionClosure[]): Value {
  if (closures.length === 0) throw new FunctionError("at least one argument is required");
  const faults: ClosureFault[] = [];
  for (const closure of closures) {
    const result = closure.evaluate();
    if ("value" in result) return result.value;
    faults.push(...result.faults);
  }
  const lines = faults.map(({ summary, detail, subject }) => {
    return `- ${summary}${subject === undefined ? "" : ` (at ${subject})`}\n  ${detail}\n`;
  });
  const rule = "At least one expression must produce a successful result";
  throw new FunctionError(`no expression succeeded:\n${lines.join("")}\n${rule}`);
}
