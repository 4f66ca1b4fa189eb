import { objectValue, stringType, stringValue, tupleValue, type Value } from "../cty/index.ts";
import type { ObjectItem, ObjectKeyNode, ObjectNode, TupleNode } from "../syntax/tree.ts";
import { tryConvert } from "./conversion.ts";
import { type Scope, unknown } from "./scope.ts";
import { literalKey } from "./static-native.ts";

/** `[…]`: hclsyntax's `TupleConsExpr`. */
export function evaluateTuple({ elements }: TupleNode, scope: Scope): Value {
  return tupleValue(elements.map((element) => scope.evaluate(element)));
}

/** `{…}`: hclsyntax's `ObjectConsExpr`. */
export function evaluateObject({ items }: ObjectNode, scope: Scope): Value {
  const attributes = new Map<string, Value>();
  let isComplete = true;
  for (const item of items) {
    const key = scope.attempt(item.key);
    const value = scope.evaluate(item.value);
    const name = key.failed ? undefined : nameOf(item, key.value, scope);
    if (name === undefined) isComplete = false;
    else attributes.set(name, value);
  }
  return isComplete ? objectValue(attributes) : unknown;
}

function nameOf(item: ObjectItem, key: Value, scope: Scope): string | undefined {
  if (key.isNull) {
    scope.report("Null value as key", "Can't use a null value as a key.", { subject: item.value.range });
    return undefined;
  }
  const converted = tryConvert(key, stringType);
  if ("problem" in converted) {
    const detail = `Can't use this value as a key: ${converted.problem}.`;
    scope.report("Incorrect key type", detail, { subject: item.key.range });
    return undefined;
  }
  return converted.value.isKnown ? converted.value.asString() : undefined;
}

/** A key of an object: a bare name stands for itself. */
export function evaluateObjectKey(node: ObjectKeyNode, scope: Scope): Value {
  if (node.forceExpression) return scope.evaluate(node.wrapped);
  if (node.wrapped.kind === "scopeTraversal" && node.wrapped.traversal.length > 1) {
    scope.report(
      "Ambiguous attribute key",
      "If this expression is intended to be a reference, wrap it in parentheses. If it's instead intended as a literal name containing periods, wrap it in quotes to create a string literal.",
      { subject: node.range },
    );
    return unknown;
  }
  const name = literalKey(node);
  return name === undefined ? scope.evaluate(node.wrapped) : stringValue(name);
}
