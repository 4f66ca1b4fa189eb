import {
  boolType,
  isCollection,
  objectValue,
  stringType,
  type Type,
  tupleValue,
  typeName,
  type Value,
} from "../cty/index.ts";
import { quote } from "../diagnostics/quote.ts";
import type { ExpressionNode, ForNode } from "../syntax/tree.ts";
import { tryConvert } from "./conversion.ts";
import { EvalContext } from "./eval-context.ts";
import { type Scope, unknown } from "./scope.ts";

const INVALID_CONDITION = "Invalid 'for' condition";

/** `[for …]` and `{for …}`: hclsyntax's `ForExpr`. */
export function evaluateFor(node: ForNode, scope: Scope): Value {
  const collection = scope.evaluate(node.collection);
  const place = { subject: node.collection.range, context: node.range };
  if (collection.isNull) {
    const detail = "A null value cannot be used as the collection in a 'for' expression.";
    scope.report("Iteration over null value", detail, place);
    return unknown;
  }
  if (collection.type.kind === "dynamic") return unknown;
  if (!isIterable(collection.type)) {
    const detail = `A value of type ${typeName(collection.type)} cannot be used as the collection in a 'for' expression.`;
    scope.report("Iteration over non-iterable value", detail, place);
    return unknown;
  }
  if (!conditionFits(node, scope) || !collection.isKnown) return unknown;
  return new Loop(node, node.key, scope).run(collection);
}

function isIterable(type: Type): boolean {
  return isCollection(type) || type.kind === "tuple" || type.kind === "object";
}

// Tried once with unknown elements, so that a condition that can never work is reported only once.
function conditionFits(node: ForNode, scope: Scope): boolean {
  if (node.condition === undefined) return true;
  const { value, failed } = elementScope(node, scope, { key: unknown, value: unknown }).attempt(node.condition);
  const place = { subject: node.condition.range, context: node.range };
  if (value.isNull) {
    scope.report("Condition is null", "The value of the 'if' clause must not be null.", place);
    return false;
  }
  const converted = tryConvert(value, boolType);
  if ("value" in converted) return !failed;
  scope.report(INVALID_CONDITION, `The 'if' clause value is invalid: ${converted.problem}.`, place);
  return false;
}

function elementScope(node: ForNode, scope: Scope, element: { key: Value; value: Value }): Scope {
  const variables = new Map<string, Value>();
  if (node.keyName !== undefined) variables.set(node.keyName, element.key);
  variables.set(node.valueName, element.value);
  return scope.within(new EvalContext({ variables }, scope.context));
}

/** One walk over a collection. */
class Loop {
  readonly #node: ForNode;
  readonly #key: ExpressionNode | undefined;
  readonly #scope: Scope;
  readonly #elements: Value[] = [];
  readonly #entries = new Map<string, Value>();
  readonly #groups = new Map<string, Value[]>();
  /** Cleared by a condition or key that cannot be used. What follows is then looked at for other errors only. */
  #isComplete = true;

  constructor(node: ForNode, key: ExpressionNode | undefined, scope: Scope) {
    this.#node = node;
    this.#key = key;
    this.#scope = scope;
  }

  run(collection: Value): Value {
    for (const [key, value] of collection.entries()) {
      if (this.#scope.isExhausted) return unknown;
      const inner = elementScope(this.#node, this.#scope, { key, value });
      if (this.#includes(inner)) this.#add(inner);
    }
    if (!this.#isComplete) return unknown;
    if (this.#key === undefined) return tupleValue(this.#elements);
    for (const [name, values] of this.#groups) this.#entries.set(name, tupleValue(values));
    return objectValue(this.#entries);
  }

  #includes(inner: Scope): boolean {
    const { condition } = this.#node;
    if (condition === undefined) return true;
    const value = inner.evaluate(condition);
    if (value.isNull)
      return this.#giveUp(condition, INVALID_CONDITION, "The value of the 'if' clause must not be null.");
    const converted = tryConvert(value, boolType);
    if ("problem" in converted) {
      return this.#giveUp(condition, INVALID_CONDITION, `The 'if' clause value is invalid: ${converted.problem}.`);
    }
    if (!converted.value.isKnown) this.#isComplete = false;
    return converted.value.isKnown && converted.value.asBool();
  }

  #add(inner: Scope): void {
    const { value, group } = this.#node;
    if (this.#key === undefined) {
      this.#elements.push(inner.evaluate(value));
      return;
    }
    const name = this.#nameOf(this.#key, inner.evaluate(this.#key));
    if (name === undefined) return;
    const result = inner.evaluate(value);
    if (group) this.#addToGroup(name, result);
    else this.#set(this.#key, name, result);
  }

  #addToGroup(name: string, value: Value): void {
    const group = this.#groups.get(name);
    if (group === undefined) this.#groups.set(name, [value]);
    else group.push(value);
  }

  #set(key: ExpressionNode, name: string, value: Value): void {
    if (!this.#entries.has(name)) {
      this.#entries.set(name, value);
      return;
    }
    this.#scope.report(
      "Duplicate object key",
      `Two different items produced the key ${quote(name)} in this 'for' expression. If duplicates are expected, use the ellipsis (...) after the value expression to enable grouping by key.`,
      { subject: key.range, context: this.#node.range },
    );
  }

  #nameOf(key: ExpressionNode, value: Value): string | undefined {
    const summary = "Invalid object key";
    if (value.isNull) {
      this.#giveUp(key, summary, "Key expression in 'for' expression must not produce a null value.");
      return undefined;
    }
    if (!value.isKnown) {
      this.#isComplete = false;
      return undefined;
    }
    const converted = tryConvert(value, stringType);
    if ("value" in converted) return converted.value.asString();
    this.#giveUp(key, summary, `The key expression produced an invalid result: ${converted.problem}.`);
    return undefined;
  }

  #giveUp(blamed: ExpressionNode, summary: string, detail: string): false {
    if (this.#isComplete) this.#scope.report(summary, detail, { subject: blamed.range, context: this.#node.range });
    this.#isComplete = false;
    return false;
  }
}
