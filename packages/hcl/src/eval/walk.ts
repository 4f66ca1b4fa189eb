import type { ExpressionNode, ForNode, Traversal } from "../syntax/tree.ts";
import { literalKey } from "./static-native.ts";

interface Visit {
  readonly node: ExpressionNode;
  /** The names that `for` expressions around it define. */
  readonly locals: ReadonlySet<string>;
}

const NO_LOCALS: ReadonlySet<string> = new Set();

/** All references to variables from outside of the expression: hclsyntax's `Variables`. */
export function variablesIn(node: ExpressionNode): Traversal[] {
  const found: Traversal[] = [];
  for (const visit of walk(node)) {
    if (visit.node.kind !== "scopeTraversal") continue;
    const [root] = visit.node.traversal;
    if (root?.kind === "root" && !visit.locals.has(root.name)) found.push(visit.node.traversal);
  }
  return found;
}

/** The names of all functions that the expression calls. */
export function functionCallsIn(node: ExpressionNode): string[] {
  const found: string[] = [];
  for (const visit of walk(node)) if (visit.node.kind === "functionCall") found.push(visit.node.name);
  return found;
}

// With a stack of its own, since long chains of operators are deep trees.
function* walk(node: ExpressionNode): Generator<Visit> {
  const stack: Visit[] = [{ node, locals: NO_LOCALS }];
  for (let visit = stack.pop(); visit !== undefined; visit = stack.pop()) {
    yield visit;
    for (const child of childrenOf(visit).reverse()) stack.push(child);
  }
}

function childrenOf({ node, locals }: Visit): Visit[] {
  if (node.kind === "for") return childrenOfFor(node, locals);
  return directChildren(node).map((child) => ({ node: child, locals }));
}

function childrenOfFor(node: ForNode, locals: ReadonlySet<string>): Visit[] {
  const inner = new Set([...locals, node.valueName]);
  if (node.keyName !== undefined) inner.add(node.keyName);
  const results = [node.key, node.value, node.condition].filter((child) => child !== undefined);
  return [{ node: node.collection, locals }, ...results.map((child) => ({ node: child, locals: inner }))];
}

function directChildren(node: Exclude<ExpressionNode, ForNode>): readonly ExpressionNode[] {
  switch (node.kind) {
    case "literal":
    case "scopeTraversal":
    case "splatItem":
    case "syntaxError":
      return [];
    case "relativeTraversal":
      return [node.source];
    case "functionCall":
      return node.args;
    case "conditional":
      return [node.condition, node.whenTrue, node.whenFalse];
    case "index":
      return [node.collection, node.key];
    case "tuple":
      return node.elements;
    case "object":
      return node.items.flatMap(({ key, value }) => [key, value]);
    case "objectKey":
      return literalKey(node) === undefined ? [node.wrapped] : [];
    case "splat":
      return [node.source, node.each];
    case "binary":
      return [node.left, node.right];
    case "unary":
      return [node.operand];
    case "template":
      return node.parts;
    case "templateJoin":
      return [node.tuple];
    case "templateWrap":
      return [node.wrapped];
    case "parentheses":
      return [node.inner];
  }
}
