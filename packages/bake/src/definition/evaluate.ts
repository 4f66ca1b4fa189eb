import { type Diagnostic, type EvalContext, type Expression, errorDiagnostic, type Value } from "@opendepot/hcl";
import { check, isDefinitionFault } from "./faults.ts";

/** The value of an expression. @throws {DiagnosticsError} */
export function evaluate(expression: Expression, scope: EvalContext | undefined): Value {
  const { value, diagnostics } = expression.evaluate(scope);
  check(diagnostics);
  return value;
}

/** What an expression was taken for, as far as it could be. */
export interface Decoded<Result> {
  /** Undefined when there is an error among the diagnostics, too. */
  readonly result: Result | undefined;
  readonly diagnostics: readonly Diagnostic[];
}

/** Evaluates an expression and takes its value for something else: HCL's gohcl `DecodeExpression`. */
export function decode<Result>(
  expression: Expression,
  scope: EvalContext | undefined,
  read: (value: Value) => Result | undefined,
): Decoded<Result> {
  const { value, diagnostics } = expression.evaluate(scope);
  try {
    return { result: read(value), diagnostics };
  } catch (thrown) {
    if (!isDefinitionFault(thrown)) throw thrown;
    const place = { subject: expression.startRange, context: expression.range };
    const unsuitable = errorDiagnostic("Unsuitable value type", `Unsuitable value: ${thrown.message}`, place);
    return { result: undefined, diagnostics: [...diagnostics, unsuitable] };
  }
}
