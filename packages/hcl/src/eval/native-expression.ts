import { rangeBetween, type SourceRange } from "../diagnostics/source-range.ts";
import type { ExpressionNode, Traversal } from "../syntax/tree.ts";
import type { EvalContext } from "./eval-context.ts";
import { evaluateNode } from "./evaluate.ts";
import type { Evaluation, Expression, StaticCall, StaticEntry } from "./expression.ts";
import { type Rules, Scope } from "./scope.ts";
import { startRangeOf, traversalOf, unwrapped } from "./static-native.ts";
import { functionCallsIn, variablesIn } from "./walk.ts";

const RULES: Rules = { evaluate: evaluateNode, expression: (node) => new NativeExpression(node) };

/** An expression of the native syntax. */
export class NativeExpression implements Expression {
  readonly node: ExpressionNode;

  constructor(node: ExpressionNode) {
    this.node = node;
  }

  get range(): SourceRange {
    return this.node.range;
  }

  get startRange(): SourceRange {
    return startRangeOf(this.node);
  }

  evaluate(context: EvalContext | undefined): Evaluation {
    const scope = new Scope(context, RULES);
    const value = scope.evaluate(this.node);
    if (scope.isExhausted) {
      const detail = "Evaluating this expression takes more steps than are allowed.";
      scope.report("Expression too complex", detail, { subject: this.range });
    }
    return { value, diagnostics: scope.diagnostics };
  }

  variables(): Traversal[] {
    return variablesIn(this.node);
  }

  functionCalls(): string[] {
    return functionCallsIn(this.node);
  }

  asTraversal(): Traversal | undefined {
    return traversalOf(this.node);
  }

  asCall(): StaticCall | undefined {
    const node = unwrapped(this.node);
    if (node.kind !== "functionCall") return undefined;
    const { name, nameRange } = node;
    const argsRange = rangeBetween(node.openParenRange, node.closeParenRange);
    return { name, nameRange, args: node.args.map((arg) => new NativeExpression(arg)), argsRange };
  }

  asList(): readonly Expression[] | undefined {
    const node = unwrapped(this.node);
    return node.kind === "tuple" ? node.elements.map((element) => new NativeExpression(element)) : undefined;
  }

  asEntries(): readonly StaticEntry[] | undefined {
    const node = unwrapped(this.node);
    if (node.kind !== "object") return undefined;
    return node.items.map(({ key, value }) => ({
      key: new NativeExpression(key),
      value: new NativeExpression(value),
    }));
  }
}
