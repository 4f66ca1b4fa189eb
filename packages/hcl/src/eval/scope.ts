import { dynamicType, unknownValue, type Value } from "../cty/index.ts";
import { type Diagnostic, errorDiagnostic } from "../diagnostics/diagnostic.ts";
import type { SourceRange } from "../diagnostics/source-range.ts";
import type { ExpressionNode, SplatItemNode } from "../syntax/tree.ts";
import type { EvalContext } from "./eval-context.ts";
import type { Expression } from "./expression.ts";

/** What the rules of the evaluator need of each other. */
export interface Rules {
  readonly evaluate: (node: ExpressionNode, scope: Scope) => Value;
  /** A node as what users of the package see. */
  readonly expression: (node: ExpressionNode) => Expression;
}

/** Stands for a value that cannot be had because of an error. */
export const unknown: Value = unknownValue(dynamicType);

/**
 * How many nodes may be evaluated for one expression. Loops in loops and conditions in conditions take time without
 * measure; what anyone writes takes thousands.
 */
const MAX_STEPS = 1_000_000;

/** What is left to an expression as a whole. */
interface Budget {
  steps: number;
}

/** Where an expression is evaluated: the context, the elements of the splats around it and the list of errors. */
export class Scope {
  readonly context: EvalContext | undefined;
  readonly diagnostics: Diagnostic[];
  readonly rules: Rules;
  readonly depth: number;
  readonly #items: Map<SplatItemNode, Value>;
  readonly #budget: Budget;

  constructor(
    context: EvalContext | undefined,
    rules: Rules,
    inner: { diagnostics?: Diagnostic[]; items?: Map<SplatItemNode, Value>; depth?: number; budget?: Budget } = {},
  ) {
    this.context = context;
    this.rules = rules;
    this.diagnostics = inner.diagnostics ?? [];
    this.depth = inner.depth ?? 0;
    this.#items = inner.items ?? new Map();
    this.#budget = inner.budget ?? { steps: MAX_STEPS };
  }

  /** Whether the expression has taken too long: everything that is left of it is then unknown. */
  get isExhausted(): boolean {
    return this.#budget.steps <= 0;
  }

  /** Counts a step. */
  step(): void {
    this.#budget.steps--;
  }

  evaluate(node: ExpressionNode): Value {
    return this.rules.evaluate(node, this);
  }

  /** Evaluates and tells whether there was an error. */
  attempt(node: ExpressionNode): { readonly value: Value; readonly failed: boolean } {
    const before = this.diagnostics.length;
    const value = this.evaluate(node);
    return { value, failed: this.diagnostics.length > before };
  }

  /** The same place with a list of errors of its own. */
  apart(): Scope {
    return this.#derive({ diagnostics: [] });
  }

  /** The same list of errors in another context. */
  within(context: EvalContext): Scope {
    return this.#derive({ context });
  }

  /** One level further inside the expression. */
  deeper(): Scope {
    return this.#derive({ depth: this.depth + 1 });
  }

  report(
    summary: string,
    detail: string,
    place: { readonly subject: SourceRange; readonly context?: SourceRange },
  ): void {
    this.diagnostics.push(errorDiagnostic(summary, detail, place));
  }

  itemOf(splat: SplatItemNode): Value {
    return this.#items.get(splat) ?? unknown;
  }

  withItem<T>(splat: SplatItemNode, value: Value, rule: () => T): T {
    this.#items.set(splat, value);
    try {
      return rule();
    } finally {
      this.#items.delete(splat);
    }
  }

  #derive({
    context = this.context,
    diagnostics = this.diagnostics,
    depth = this.depth,
  }: {
    context?: EvalContext | undefined;
    diagnostics?: Diagnostic[];
    depth?: number;
  }): Scope {
    return new Scope(context, this.rules, { diagnostics, items: this.#items, depth, budget: this.#budget });
  }
}

// Values do not change, so what was found of a large one need not be found again by every call that is given it.
const whollyKnown = new WeakSet<Value>();

/** Whether no part of the value is unknown. */
export function isWhollyKnown(value: Value): boolean {
  if (!value.isKnown) return false;
  if (!value.isIterable || whollyKnown.has(value)) return true;
  if (!value.asElements().every(isWhollyKnown)) return false;
  whollyKnown.add(value);
  return true;
}
