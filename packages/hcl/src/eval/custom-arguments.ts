import { capsuleValue, unknownValue, type Value } from "../cty/index.ts";
import { append } from "../diagnostics/append.ts";
import { formatRange } from "../diagnostics/source-range.ts";
import { type ExpressionClosure, expressionClosureType, typeConstraintType } from "../functions/index.ts";
import type { ExpressionNode } from "../syntax/tree.ts";
import { isWhollyKnown, type Scope, unknown } from "./scope.ts";
import { parseTypeExpression } from "./type-expression.ts";

/** An argument that the function evaluates itself: HCL's `customdecode.ExpressionClosureType`. */
export function closureArgument(node: ExpressionNode, scope: Scope): Value {
  const closure: ExpressionClosure = {
    evaluate() {
      const inner = scope.apart();
      const value = inner.evaluate(node);
      if (inner.diagnostics.length === 0) return { value: isWhollyKnown(value) ? value : unknown };
      return {
        faults: inner.diagnostics.map(({ summary, detail, subject }) => ({
          summary,
          detail,
          subject: subject && formatRange(subject),
        })),
      };
    },
  };
  return capsuleValue(expressionClosureType, closure);
}

/** An argument that spells a type: HCL's `typeexpr.TypeConstraintType`. */
export function typeArgument(node: ExpressionNode, scope: Scope): Value {
  const { type, diagnostics } = parseTypeExpression(scope.rules.expression(node));
  append(scope.diagnostics, diagnostics);
  return diagnostics.length > 0 ? unknownValue(typeConstraintType) : capsuleValue(typeConstraintType, type);
}
