import {
  dynamicType,
  isCollection,
  listType,
  listValue,
  type Type,
  tupleType,
  tupleValue,
  typesEqual,
  unknownValue,
  type Value,
} from "../cty/index.ts";
import { rangeBetween } from "../diagnostics/source-range.ts";
import type { SplatNode } from "../syntax/tree.ts";
import { type Scope, unknown } from "./scope.ts";

/** `source[*].each`: hclsyntax's `SplatExpr`. */
export function evaluateSplat(node: SplatNode, scope: Scope): Value {
  const { value: source, failed } = scope.attempt(node.source);
  if (failed) return unknown;
  const isSequence = source.type.kind === "tuple" || source.type.kind === "list" || source.type.kind === "set";
  // What is no sequence counts as one of a single element, or of none when it is null.
  if (source.isNull) return isSequence ? rejectNull(node, scope) : tupleValue([]);
  if (source.type.kind === "dynamic") return unknown;
  if (isSequence) return evaluateElements(node, source, scope);
  const result = evaluateElements(node, tupleValue([source]), scope);
  return source.isKnown ? result : unknown;
}

function rejectNull(node: SplatNode, scope: Scope): Value {
  scope.report("Splat of null value", "Splat expressions (with the * symbol) cannot be applied to null sequences.", {
    subject: node.source.range,
    context: rangeBetween(node.source.range, node.markerRange),
  });
  return unknown;
}

function evaluateElements(node: SplatNode, source: Value, scope: Scope): Value {
  if (!source.isKnown) return unknownValue(resultType(node, source.type, scope));
  const before = scope.diagnostics.length;
  const values = source.asElements().map((element) => evaluateEach(node, element, scope));
  if (scope.diagnostics.length > before) return unknownValue(resultType(node, source.type, scope.apart()));
  return isCollection(source.type) ? listOf(node, { values, source }, scope) : tupleValue(values);
}

function evaluateEach(node: SplatNode, element: Value, scope: Scope): Value {
  return scope.withItem(node.item, element, () => scope.evaluate(node.each));
}

function listOf(node: SplatNode, { values, source }: { values: Value[]; source: Value }, scope: Scope): Value {
  const [first] = values;
  if (first === undefined) {
    const type = resultType(node, source.type, scope);
    return listValue([], isCollection(type) ? type.element : dynamicType);
  }
  if (values.every((value) => typesEqual(value.type, first.type))) return listValue(values, first.type);
  scope.report(
    "Invalid nested splat expressions",
    "The second level of splat expression produced elements of different types, so it isn't possible to construct a valid list to represent the top-level result.\n\nConsider using a for expression instead, to produce a tuple-typed result which can therefore have non-homogenous element types.",
    { subject: node.each.range, context: node.range },
  );
  return unknown;
}

function resultType(node: SplatNode, source: Type, scope: Scope): Type {
  const typeOfEach = (element: Type): Type => evaluateEach(node, unknownValue(element), scope).type;
  if (source.kind === "tuple") return tupleType(source.elements.map(typeOfEach));
  return isCollection(source) ? listType(typeOfEach(source.element)) : dynamicType;
}
