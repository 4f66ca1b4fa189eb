import {
  boolType,
  type Conversion,
  conversionBetween,
  dynamicType,
  nullValue,
  PathError,
  type Type,
  unify,
  unknownValue,
  type Value,
} from "../cty/index.ts";
import { append } from "../diagnostics/append.ts";
import { rangeBetween } from "../diagnostics/source-range.ts";
import type { ConditionalNode, ExpressionNode } from "../syntax/tree.ts";
import { describeMismatch } from "./conditional-mismatch.ts";
import { tryConvert } from "./conversion.ts";
import { type Scope, unknown } from "./scope.ts";

interface Common {
  readonly type: Type;
  readonly whenTrue?: Conversion | undefined;
  readonly whenFalse?: Conversion | undefined;
}

/** `condition ? a : b`: hclsyntax's `ConditionalExpr`. Both results are evaluated, as they must be of one type. */
export function evaluateConditional(node: ConditionalNode, scope: Scope): Value {
  const [trueScope, falseScope] = [scope.apart(), scope.apart()];
  const whenTrue = trueScope.evaluate(node.whenTrue);
  const whenFalse = falseScope.evaluate(node.whenFalse);
  const common = commonType(whenTrue, whenFalse);
  if (common === undefined) {
    scope.report(
      "Inconsistent conditional result types",
      `The true and false result expressions must have consistent types. ${describeMismatch(whenTrue.type, whenFalse.type)}.`,
      { subject: rangeBetween(node.whenTrue.range, node.whenFalse.range), context: node.range },
    );
    return unknown;
  }
  const condition = evaluateCondition(node, scope);
  if (condition === "unknown" && whenTrue.isNull && whenFalse.isNull) return nullValue(common.type);
  if (typeof condition === "string") return unknownValue(common.type);
  const chosen = condition
    ? { name: "true", node: node.whenTrue, value: whenTrue, conversion: common.whenTrue, of: trueScope }
    : { name: "false", node: node.whenFalse, value: whenFalse, conversion: common.whenFalse, of: falseScope };
  append(scope.diagnostics, chosen.of.diagnostics);
  return convertResult(node, chosen, { type: common.type, scope });
}

function commonType(whenTrue: Value, whenFalse: Value): Common | undefined {
  if (isBareNull(whenTrue)) {
    return { type: whenFalse.type, whenTrue: conversionBetween(dynamicType, whenFalse.type, true) };
  }
  if (isBareNull(whenFalse)) {
    return { type: whenTrue.type, whenFalse: conversionBetween(dynamicType, whenTrue.type, true) };
  }
  if (whenTrue.type.kind === "dynamic" || whenFalse.type.kind === "dynamic") return { type: dynamicType };
  const unified = unify([whenTrue.type, whenFalse.type], true);
  if (unified === undefined) return undefined;
  const [forTrue, forFalse] = unified.conversions;
  return { type: unified.type, whenTrue: forTrue, whenFalse: forFalse };
}

function isBareNull(value: Value): boolean {
  return value.isNull && value.type.kind === "dynamic";
}

function evaluateCondition({ condition, range }: ConditionalNode, scope: Scope): boolean | "unknown" | "invalid" {
  const value = scope.evaluate(condition);
  const place = { subject: condition.range, context: range };
  if (value.isNull) {
    const detail = "The condition value is null. Conditions must either be true or false.";
    scope.report("Null condition", detail, place);
    return "invalid";
  }
  if (!value.isKnown) return "unknown";
  const converted = tryConvert(value, boolType);
  if ("value" in converted) return converted.value.asBool();
  scope.report("Incorrect condition type", "The condition expression must be of type bool.", place);
  return "invalid";
}

function convertResult(
  node: ConditionalNode,
  chosen: { name: string; node: ExpressionNode; value: Value; conversion: Conversion | undefined },
  { type, scope }: { type: Type; scope: Scope },
): Value {
  if (chosen.conversion === undefined) return chosen.value;
  try {
    return chosen.conversion(chosen.value);
  } catch (error) {
    if (!(error instanceof PathError)) throw error;
    const detail = `The ${chosen.name} result value has the wrong type: ${error.message}.`;
    scope.report("Inconsistent conditional result types", detail, { subject: chosen.node.range, context: node.range });
    return unknownValue(type);
  }
}
