import type { Value } from "../cty/index.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import type { SourceRange } from "../diagnostics/source-range.ts";
import type { Traversal } from "../syntax/tree.ts";
import type { EvalContext } from "./eval-context.ts";

/** The value of an expression. With errors among the diagnostics it is not to be used. */
export interface Evaluation {
  readonly value: Value;
  readonly diagnostics: readonly Diagnostic[];
}

/** A call of a function that is read, not carried out: HCL's `StaticCall`. */
export interface StaticCall {
  readonly name: string;
  readonly nameRange: SourceRange;
  readonly args: readonly Expression[];
  /** From the opening parenthesis to the closing one. */
  readonly argsRange: SourceRange;
}

/** An entry of an object constructor that is read, not evaluated: HCL's `KeyValuePair`. */
export interface StaticEntry {
  readonly key: Expression;
  readonly value: Expression;
}

/**
 * An expression of either syntax: HCL's `Expression`, with its static analysis (`AbsTraversalForExpr`, `ExprCall`,
 * `ExprList`, `ExprMap`) as methods.
 */
export interface Expression {
  readonly range: SourceRange;
  /** The part that messages point to when the whole would be too much. */
  readonly startRange: SourceRange;
  /** The value. Without a context neither variables nor functions can be used, and strings of JSON stay as they are. */
  evaluate(context: EvalContext | undefined): Evaluation;
  /** All references to variables from outside of the expression, in order. */
  variables(): Traversal[];
  /** The names of all functions that are called, in order; those in strings of JSON too, as bake finds them. */
  functionCalls(): string[];
  /** The expression as a reference by constant steps, or undefined. */
  asTraversal(): Traversal | undefined;
  /** The expression as a call of a function, or undefined. */
  asCall(): StaticCall | undefined;
  /** The elements when the expression is a list in brackets, or undefined. */
  asList(): readonly Expression[] | undefined;
  /** The entries when the expression is an object in braces, or undefined. */
  asEntries(): readonly StaticEntry[] | undefined;
}

/** The name when the expression is a single one, such as `string`: HCL's `ExprAsKeyword`. */
export function keywordOf(expression: Pick<Expression, "asTraversal">): string | undefined {
  const traversal = expression.asTraversal();
  const [root] = traversal ?? [];
  return traversal?.length === 1 && root?.kind === "root" ? root.name : undefined;
}
