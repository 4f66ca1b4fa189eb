import { boolType, convert, type Diagnostic, DiagnosticsError, type Expression } from "@opendepot/hcl";
import { isDefinitionFault } from "./faults.ts";
import type { ResolutionScope } from "./resolution-scope.ts";
import type { Validation, VariableBlock } from "./variable-block.ts";

/**
 * Checks the conditions of all variables: buildx v0.36 bake/hclparser `validateVariables`.
 *
 * @throws {DiagnosticsError} with all that fail
 */
export function validateVariables(variables: Iterable<VariableBlock>, scope: ResolutionScope): void {
  const found = [...variables].flatMap(({ validations }) => validations.flatMap((rule) => checkRule(rule, scope)));
  if (found.length > 0) throw new DiagnosticsError(found);
}

function checkRule({ condition, message, missingRange }: Validation, scope: ResolutionScope): readonly Diagnostic[] {
  const subject = condition?.range ?? missingRange;
  const fail = (summary: string, detail: string): Diagnostic[] => [{ severity: "error", summary, detail, subject }];
  const result = condition?.evaluate(scope);
  if (result !== undefined && hasError(result.diagnostics)) return result.diagnostics;
  if (result === undefined || result.value.isNull)
    return fail("Invalid condition result", "Condition expression must return either true or false, not null.");
  try {
    if (convert(result.value, boolType).asBool()) return [];
  } catch (cause) {
    if (!isDefinitionFault(cause)) throw cause;
    return fail("Invalid condition result", `Invalid condition result value: ${cause.message}`);
  }
  return checkMessage(message, scope) ?? fail("Validation failed", readMessage(message, scope));
}

function checkMessage(message: Expression | undefined, scope: ResolutionScope): readonly Diagnostic[] | undefined {
  const diagnostics = message?.evaluate(scope).diagnostics ?? [];
  return hasError(diagnostics) ? diagnostics : undefined;
}

function readMessage(message: Expression | undefined, scope: ResolutionScope): string {
  const value = message?.evaluate(scope).value;
  return value === undefined || value.isNull
    ? "This check failed, but has an invalid error message."
    : value.asString();
}

function hasError(diagnostics: readonly Diagnostic[]): boolean {
  return diagnostics.some(({ severity }) => severity === "error");
}
