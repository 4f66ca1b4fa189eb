import { boolType, boolValue, convert, dynamicType, type Type, type Value } from "../cty/index.ts";
import { type ClosureFault, type ExpressionClosure, expressionClosureType, typeConstraintType } from "./closure.ts";
import { FunctionError, type FunctionTable, onArgument } from "./function.ts";

/** Functions of expressions: HCL's `ext/tryfunc` and `ext/typeexpr`. */
export const expressionFunctions = {
  can: {
    params: [{ name: "expression", type: expressionClosureType }],
    type: boolType,
    impl: (args) => boolValue("value" in closureOf(args[0]).evaluate()),
  },
  convert: {
    params: [
      { name: "value", type: dynamicType, allowNull: true, allowDynamicType: true },
      { name: "type", type: typeConstraintType },
    ],
    type: dynamicType,
    impl: (args) => onArgument(0, () => convert(args[0], constraintOf(args[1]))),
  },
  try: {
    params: [],
    varParam: { name: "expressions", type: expressionClosureType },
    type: dynamicType,
    impl: (args) => firstSuccess(args.map(closureOf)),
  },
} satisfies FunctionTable;

function closureOf(value: Value): ExpressionClosure {
  return value.asCapsule() as ExpressionClosure; // the type of the capsule says so
}

function constraintOf(value: Value): Type {
  return value.asCapsule() as Type; // the type of the capsule says so
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
