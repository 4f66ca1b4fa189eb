import type { Expression, Value } from "@opendepot/hcl";
import { ResolutionScope } from "./resolution-scope.ts";
import { check } from "./faults.ts";

/** The value of an expression. @throws {DiagnosticsError} */
export function evaluate(expression: Expression, scope: ResolutionScope | undefined): Value {
  const { value, diagnostics } = expression.evaluate(scope);
  check(diagnostics);
  return value;
}
