import { unknownValue, type Value } from "../cty/index.ts";
import { quote } from "../diagnostics/quote.ts";
import { rangeBetween } from "../diagnostics/source-range.ts";
import {
  expressionClosureType,
  FunctionArgumentError,
  FunctionError,
  type LanguageFunction,
  type Parameter,
  typeConstraintType,
} from "../functions/index.ts";
import type { ExpressionNode, FunctionCallNode } from "../syntax/tree.ts";
import { tryConvert } from "./conversion.ts";
import { closureArgument, typeArgument } from "./custom-arguments.ts";
import { findFunction } from "./find-function.ts";
import { isWhollyKnown, type Scope, unknown } from "./scope.ts";
import { startRangeOf } from "./static-native.ts";

const INVALID_ARGUMENT = "Invalid function argument";

/** A call of a function: hclsyntax's `FunctionCallExpr`. */
export function evaluateCall(node: FunctionCallNode, scope: Scope): Value {
  const called = findFunction(node, scope);
  if (called === undefined) return unknown;
  const before = scope.diagnostics.length;
  const args = node.expandFinal ? expandFinal(node, scope) : node.args;
  if (args === undefined || !checkCount(node, called, { args, scope })) return unknown;
  const values = args.map((arg, at) => argument(node, arg, { parameter: parameterAt(called, at), scope }));
  if (scope.diagnostics.length > before) return unknown;
  // Elements are unknown when a condition is tried (see evaluateFor); functions need not be prepared for that.
  if (values.some((value) => value.isKnown && !isWhollyKnown(value))) return unknown;
  try {
    return called.call(values);
  } catch (error) {
    if (!(error instanceof FunctionError)) throw error;
    reportFailure(node, error, { called, args, scope });
    return unknown;
  }
}

function parameterAt(called: LanguageFunction, at: number): Parameter {
  const parameter = called.params[at] ?? called.varParam;
  if (parameter === undefined) throw new Error(`no parameter ${at}`);
  return parameter;
}

// The arguments with the elements of the last one, or undefined when the call cannot go on.
function expandFinal(node: FunctionCallNode, scope: Scope): readonly ExpressionNode[] | undefined {
  const last = node.args[node.args.length - 1];
  if (last === undefined) throw new Error("nothing to expand");
  const { value, failed } = scope.attempt(last);
  if (failed) return undefined;
  const kind = value.type.kind;
  const place = { subject: last.range, context: node.range };
  const summary = "Invalid expanding argument value";
  if (kind !== "dynamic" && kind !== "tuple" && kind !== "list" && kind !== "set") {
    const detail = "The expanding argument (indicated by ...) must be of a tuple, list, or set type.";
    scope.report(summary, detail, place);
    return undefined;
  }
  if (value.isNull) {
    scope.report(summary, "The expanding argument (indicated by ...) must not be null.", place);
    return undefined;
  }
  if (!value.isKnown) return undefined;
  const elements = value
    .asElements()
    .map((element): ExpressionNode => ({ kind: "literal", value: element, range: last.range }));
  return [...node.args.slice(0, -1), ...elements];
}

function checkCount(
  node: FunctionCallNode,
  { params, varParam }: LanguageFunction,
  { args, scope }: { args: readonly ExpressionNode[]; scope: Scope },
): boolean {
  const missing = params[args.length];
  if (missing !== undefined) {
    const atLeast = varParam === undefined ? "" : " at least";
    scope.report(
      "Not enough function arguments",
      `Function ${quote(node.name)} expects${atLeast} ${params.length} argument(s). Missing value for ${quote(missing.name)}.`,
      { subject: node.closeParenRange, context: node.range },
    );
    return false;
  }
  const extra = args[params.length];
  if (extra === undefined || varParam !== undefined) return true;
  scope.report(
    "Too many function arguments",
    `Function ${quote(node.name)} expects only ${params.length} argument(s).`,
    { subject: startRangeOf(extra), context: node.range },
  );
  return false;
}

function argument(
  node: FunctionCallNode,
  arg: ExpressionNode,
  { parameter, scope }: { parameter: Parameter; scope: Scope },
): Value {
  if (parameter.type === expressionClosureType) return closureArgument(arg, scope);
  if (parameter.type === typeConstraintType) return typeArgument(arg, scope);
  const value = scope.evaluate(arg);
  const converted = tryConvert(value, parameter.type);
  if ("value" in converted) return converted.value;
  reportArgument(node, arg, { name: parameter.name, problem: converted.problem, scope });
  return unknownValue(parameter.type);
}

function reportArgument(
  node: FunctionCallNode,
  arg: ExpressionNode,
  { name, problem, scope }: { name: string; problem: string; scope: Scope },
): void {
  scope.report(INVALID_ARGUMENT, `Invalid value for ${quote(name)} parameter: ${problem}.`, {
    subject: startRangeOf(arg),
    context: node.range,
  });
}

function reportFailure(
  node: FunctionCallNode,
  error: FunctionError,
  { called, args, scope }: { called: LanguageFunction; args: readonly ExpressionNode[]; scope: Scope },
): void {
  const at = error instanceof FunctionArgumentError ? error.argument : undefined;
  const parameter = at === undefined ? undefined : (called.params[at] ?? called.varParam);
  if (at === undefined || parameter === undefined) {
    scope.report("Error in function call", `Call to function ${quote(node.name)} failed: ${error.message}.`, {
      subject: rangeBetween(node.nameRange, node.openParenRange),
      context: node.range,
    });
    return;
  }
  const arg = args[at];
  if (arg !== undefined) {
    reportArgument(node, arg, { name: parameter.name, problem: error.message, scope });
    return;
  }
  const detail = `Invalid value for ${quote(parameter.name)} parameter: ${error.message}.`;
  scope.report(INVALID_ARGUMENT, detail, { subject: node.range });
}
