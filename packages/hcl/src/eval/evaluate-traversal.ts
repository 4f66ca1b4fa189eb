import type { Value } from "../cty/index.ts";
import { quote } from "../diagnostics/quote.ts";
import type { SourceRange } from "../diagnostics/source-range.ts";
import { suggestName } from "../diagnostics/suggest-name.ts";
import type { IndexNode, RelativeTraversalNode, ScopeTraversalNode, TraversalStep } from "../syntax/tree.ts";
import { type Access, accessAttribute, accessIndex } from "./access.ts";
import { contextsFrom, type EvalContext } from "./eval-context.ts";
import { type Scope, unknown } from "./scope.ts";

/** A variable and constant steps into it: HCL's `TraverseAbs`. */
export function evaluateScopeTraversal({ traversal }: ScopeTraversalNode, scope: Scope): Value {
  const [root, ...steps] = traversal;
  if (root?.kind !== "root") throw new Error("a reference without a variable");
  const value = variable(scope.context, root.name);
  if (value !== undefined) return follow(value, steps, scope);
  const { summary, detail } = whyNoVariable(scope.context, root.name);
  scope.report(summary, detail, { subject: root.range });
  return unknown;
}

/** Constant steps into the result of an expression. */
export function evaluateRelativeTraversal(node: RelativeTraversalNode, scope: Scope): Value {
  return follow(scope.evaluate(node.source), node.traversal, scope);
}

/** `collection[key]` with a key that is an expression. */
export function evaluateIndex({ collection, key, bracketRange }: IndexNode, scope: Scope): Value {
  return taken(accessIndex(scope.evaluate(collection), scope.evaluate(key)), bracketRange, scope);
}

function follow(value: Value, steps: readonly TraversalStep[], scope: Scope): Value {
  let current = value;
  for (const step of steps) {
    const access = accessStep(current, step);
    if (!("value" in access)) return taken(access, step.range, scope);
    current = access.value;
  }
  return current;
}

function accessStep(value: Value, step: TraversalStep): Access {
  return step.kind === "index" ? accessIndex(value, step.key) : accessAttribute(value, step.name);
}

function taken(access: Access, subject: SourceRange, scope: Scope): Value {
  if ("value" in access) return access.value;
  scope.report(access.summary, access.detail, { subject });
  return unknown;
}

function variable(context: EvalContext | undefined, name: string): Value | undefined {
  for (const { variables } of contextsFrom(context)) {
    const value = variables?.get(name);
    if (value !== undefined) return value;
  }
  return undefined;
}

function whyNoVariable(context: EvalContext | undefined, name: string): { summary: string; detail: string } {
  const lookups = Array.from(contextsFrom(context), ({ variables }) => variables).filter(
    (lookup) => lookup !== undefined,
  );
  if (lookups.length === 0) {
    return { summary: "Variables not allowed", detail: "Variables may not be used here." };
  }
  const suggestion = suggestName(
    name,
    lookups.flatMap((lookup) => [...lookup.keys()]),
  );
  const hint = suggestion === undefined ? "" : ` Did you mean ${quote(suggestion)}?`;
  return { summary: "Unknown variable", detail: `There is no variable named ${quote(name)}.${hint}` };
}
