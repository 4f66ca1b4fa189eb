import type { Value } from "../cty/index.ts";
import { append } from "../diagnostics/append.ts";
import type { ExpressionNode } from "../syntax/tree.ts";
import { evaluateCall } from "./evaluate-call.ts";
import { evaluateObject, evaluateObjectKey, evaluateTuple } from "./evaluate-collection.ts";
import { evaluateConditional } from "./evaluate-conditional.ts";
import { evaluateFor } from "./evaluate-for.ts";
import { evaluateBinary, evaluateUnary } from "./evaluate-operators.ts";
import { evaluateSplat } from "./evaluate-splat.ts";
import { evaluateTemplate, evaluateTemplateJoin } from "./evaluate-template.ts";
import { evaluateIndex, evaluateRelativeTraversal, evaluateScopeTraversal } from "./evaluate-traversal.ts";
import { type Scope, unknown } from "./scope.ts";

/** How deep an expression is followed, counted in nodes of its tree. The stack allows about ten times as many. */
export const MAX_DEPTH = 1000;

/** The value of a node; errors go to the scope. */
export function evaluateNode(node: ExpressionNode, scope: Scope): Value {
  switch (node.kind) {
    case "literal":
      return node.value;
    case "scopeTraversal":
      return evaluateScopeTraversal(node, scope);
    case "splatItem":
      return scope.itemOf(node);
    case "syntaxError":
      append(scope.diagnostics, node.diagnostics);
      return unknown;
    default:
      return evaluateComposite(node, scope);
  }
}

type CompositeNode = Exclude<ExpressionNode, { kind: "literal" | "scopeTraversal" | "splatItem" | "syntaxError" }>;

function evaluateComposite(node: CompositeNode, outer: Scope): Value {
  if (outer.depth >= MAX_DEPTH) {
    outer.report("Nesting too deep", `Expressions may be nested at most ${MAX_DEPTH} levels deep.`, {
      subject: node.range,
    });
    return unknown;
  }
  outer.step();
  if (outer.isExhausted) return unknown;
  const scope = outer.deeper();
  switch (node.kind) {
    case "relativeTraversal":
      return evaluateRelativeTraversal(node, scope);
    case "functionCall":
      return evaluateCall(node, scope);
    case "conditional":
      return evaluateConditional(node, scope);
    case "index":
      return evaluateIndex(node, scope);
    case "tuple":
      return evaluateTuple(node, scope);
    case "object":
      return evaluateObject(node, scope);
    case "objectKey":
      return evaluateObjectKey(node, scope);
    case "for":
      return evaluateFor(node, scope);
    case "splat":
      return evaluateSplat(node, scope);
    case "binary":
      return evaluateBinary(node, scope);
    case "unary":
      return evaluateUnary(node, scope);
    case "template":
      return evaluateTemplate(node, scope);
    case "templateJoin":
      return evaluateTemplateJoin(node, scope);
    case "templateWrap":
      return scope.evaluate(node.wrapped);
    case "parentheses":
      return scope.evaluate(node.inner);
  }
}
