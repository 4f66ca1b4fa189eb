import { goQuote } from "@opendepot/buildflags";
import {
  type Attribute,
  type Block,
  type Diagnostic,
  DiagnosticsError,
  dynamicType,
  type Expression,
  FunctionError,
  keywordOf,
  LanguageFunction,
  type Parameter,
  type SourceRange,
  tupleValue,
  type Value,
} from "@opendepot/hcl";
import { evaluate } from "./evaluate.ts";
import { ResolveFault } from "./faults.ts";
import { ResolutionScope } from "./resolution-scope.ts";
import { type ResolutionState, start } from "./resolution-state.ts";
import { readContent, SCHEMAS } from "./schemas.ts";

/** A `function` block. */
export interface FunctionBlock {
  readonly name: string;
  readonly params: Attribute | undefined;
  readonly variadic: Attribute | undefined;
  readonly result: Attribute | undefined;
  readonly labelRange: SourceRange | undefined;
  readonly definitionRange: SourceRange;
}

/** Reads a `function` block, which may hold nothing else. @throws {DiagnosticsError} */
export function readFunctionBlock(block: Block): FunctionBlock {
  const { attributes } = readContent(block.body, SCHEMAS.function, { isPartial: false });
  return {
    name: block.labels[0] ?? "",
    params: attributes.get("params"),
    variadic: attributes.get("variadic_params"),
    result: attributes.get("result"),
    labelRange: block.labelRanges[0],
    definitionRange: block.defRange,
  };
}

/**
 * Makes a function of a block and adds it to the root scope, unless there is one of that name already: buildx v0.36
 * bake/hclparser `resolveFunction`.
 *
 * @throws {ResolveFault} @throws {DiagnosticsError}
 */
export function resolveFunction(state: ResolutionState, scope: ResolutionScope, name: string): void {
  if (state.root.functions.has(name) || scope.functions.has(name)) return;
  const block = state.functions.get(name);
  if (block === undefined)
    throw new ResolveFault(`function ${goQuote(name)} does not exist: undefined`, { isUndefined: true });
  if (!start(state.startedFunctions, scope, name)) throw new ResolveFault(`function cycle not allowed for ${name}`);
  if (block.result === undefined) throw new ResolveFault(`empty result not allowed for ${name}`);
  if (block.params === undefined) throw new ResolveFault(`empty params not allowed for ${name}`);
  const { expression } = block.result;
  const names = readParameters(block.params.expression, block.variadic);
  const except = new Set([...names.params, ...(names.variadic === undefined ? [] : [names.variadic])]);
  state.need(expression, state.root, { except, allowMissing: false });
  state.root.functions.set(name, createFunction(names, expression, state.root));
}

interface ParameterNames {
  readonly params: readonly string[];
  readonly variadic: string | undefined;
}

function readParameters(params: Expression, variadic: Attribute | undefined): ParameterNames {
  const expressions = params.asList();
  if (expressions === undefined) throw new DiagnosticsError([listWanted(params)]);
  const faults: Diagnostic[] = [];
  const read = (expression: Expression, subject: SourceRange): string => {
    const name = keywordOf(expression) ?? "";
    if (name === "") faults.push(invalidParameter(subject));
    return name;
  };
  const names = {
    params: expressions.map((expression) => read(expression, expression.range)),
    variadic: variadic && read(variadic.expression, variadic.range),
  };
  if (faults.length > 0) throw new DiagnosticsError(faults);
  return names;
}

function listWanted({ range, startRange }: Expression): Diagnostic {
  const detail = "A static list expression is required.";
  return { severity: "error", summary: "Invalid expression", detail, subject: startRange, context: range };
}

function invalidParameter(subject: SourceRange): Diagnostic {
  const detail = "Each parameter name must be an identifier.";
  return { severity: "error", summary: "Invalid param element", detail, subject };
}

/** A function whose result is an expression over its parameters: buildx v0.36 util/userfunc. */
function createFunction(
  { params, variadic }: ParameterNames,
  result: Expression,
  root: ResolutionScope,
): LanguageFunction {
  const run = (args: readonly Value[]): Value => {
    const variables = new Map(params.map((name, at): [string, Value] => [name, args[at] as Value]));
    if (variadic !== undefined) variables.set(variadic, tupleValue(args.slice(params.length)));
    try {
      return evaluate(result, new ResolutionScope({ variables }, root));
    } catch (cause) {
      throw cause instanceof DiagnosticsError ? new FunctionError(cause.message, { cause }) : cause;
    }
  };
  const parameter = (name: string): Parameter => ({ name, type: dynamicType });
  return new LanguageFunction({
    params: params.map(parameter),
    ...(variadic !== undefined && { varParam: parameter(variadic) }),
    type: (args) => run(args).type,
    impl: run,
  });
}
