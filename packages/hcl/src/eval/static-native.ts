import { rangeBetween, type SourceRange } from "../diagnostics/source-range.ts";
import type { ExpressionNode, ObjectKeyNode, Traversal } from "../syntax/tree.ts";

/** The part of an expression that messages point to: hclsyntax's `StartRange`. */
export function startRangeOf(expression: ExpressionNode): SourceRange {
  let node = expression;
  for (;;) {
    const next = startOf(node);
    if (!("kind" in next)) return next;
    node = next;
  }
}

// Its start, or the node whose start is its own.
function startOf(node: ExpressionNode): SourceRange | ExpressionNode {
  switch (node.kind) {
    case "functionCall":
      return rangeBetween(node.nameRange, node.openParenRange);
    case "conditional":
      return node.condition;
    case "index":
    case "tuple":
    case "object":
    case "for":
      return node.openRange;
    case "objectKey":
      return node.wrapped;
    case "splat":
      return node.markerRange;
    case "binary":
      return node.left;
    case "unary":
      return node.symbolRange;
    case "template":
      return node.parts[0] ?? node.range;
    case "templateJoin":
      return node.tuple;
    case "parentheses":
      return node.inner;
    default:
      return node.range;
  }
}

/** The expression as a reference by constant steps: hclsyntax's `AsTraversal`. */
export function traversalOf(node: ExpressionNode): Traversal | undefined {
  switch (node.kind) {
    case "literal":
      return keywordTraversal(node.value.content, node.range);
    case "scopeTraversal":
      return node.traversal;
    case "relativeTraversal": {
      const source = traversalOf(node.source);
      return source && [...source, ...node.traversal];
    }
    case "objectKey":
      return node.forceExpression ? undefined : traversalOf(node.wrapped);
    default:
      return undefined;
  }
}

// `null`, `true` and `false` were names before they became values.
function keywordTraversal(content: unknown, range: SourceRange): Traversal | undefined {
  if (content !== null && typeof content !== "boolean") return undefined;
  return [{ kind: "root", name: String(content), range }];
}

/** The name that a key stands for when it is a bare one. */
export function literalKey({ wrapped }: ObjectKeyNode): string | undefined {
  const traversal = traversalOf(wrapped);
  const [root] = traversal ?? [];
  return traversal?.length === 1 && root?.kind === "root" ? root.name : undefined;
}

/** The expression behind the wrapping of an object's key. */
export function unwrapped(node: ExpressionNode): ExpressionNode {
  return node.kind === "objectKey" ? node.wrapped : node;
}
