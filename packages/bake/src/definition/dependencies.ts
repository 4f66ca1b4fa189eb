import { DiagnosticsError, type Expression, type Traversal } from "@opendepot/hcl";
import type { BlockType } from "../fields/target-fields.ts";
import { blame, ResolveFault } from "./faults.ts";
import type { ResolutionScope } from "./resolution-scope.ts";
import type { NeedOptions, ResolutionState } from "./resolution-state.ts";

/**
 * Resolves the functions, variables and blocks that an expression names: buildx v0.36 bake/hclparser `loadDeps`.
 *
 * @throws {DiagnosticsError}
 */
export function needDependencies(
  state: ResolutionState,
  { expression, scope }: { readonly expression: Expression; readonly scope: ResolutionScope },
  options: NeedOptions,
): void {
  const resolve = (work: () => void) => attempt(expression, options, work);
  for (const name of expression.functionCalls()) resolve(() => state.needFunction(scope, name));
  for (const traversal of expression.variables()) {
    const name = rootOf(traversal);
    if (options.except?.has(name)) continue;
    if (state.blocks !== undefined && isBlockType(name))
      needBlocks(state, { traversal, expression, type: name }, resolve);
    else resolve(() => state.needValue(scope, name));
  }
}

/** What is wrong with something that an expression names is told of the expression. */
function attempt(expression: Expression, options: NeedOptions, work: () => void): void {
  try {
    work();
  } catch (thrown) {
    if (options.allowMissing && thrown instanceof ResolveFault && thrown.isUndefined) return;
    throw blame(thrown, "Invalid expression", { subject: expression.range, context: expression.range });
  }
}

function isBlockType(name: string): name is BlockType {
  return name === "group" || name === "target";
}

function rootOf(traversal: Traversal): string {
  const [root] = traversal;
  return root?.kind === "root" ? root.name : "";
}

interface Reference {
  readonly traversal: Traversal;
  readonly expression: Expression;
  readonly type: BlockType;
}

function needBlocks(
  state: ResolutionState,
  { traversal, expression, type }: Reference,
  resolve: (work: () => void) => void,
): void {
  const [, name, attribute] = traversal;
  if (name === undefined) throw misused(expression, `cannot access ${type} as a variable`);
  if (name.kind !== "attribute") throw misused(expression, `cannot traverse ${type} without attribute`);
  const only = attribute?.kind === "attribute" ? attribute.name : undefined;
  for (const block of state.blocks?.get(type)?.get(name.name) ?? []) resolve(() => state.needBlock(block, only));
}

function misused(expression: Expression, detail: string): DiagnosticsError {
  const range = expression.range;
  return new DiagnosticsError([
    { severity: "error", summary: "Invalid expression", detail, subject: range, context: range },
  ]);
}
