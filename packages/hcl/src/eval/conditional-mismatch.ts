import { isCollection, type ObjectType, type TupleType, type Type, typeName, typesEqual } from "../cty/index.ts";
import { quote } from "../diagnostics/quote.ts";

/** Why the two results of a conditional have no common type: hclsyntax's `describeConditionalTypeMismatch`. */
export function describeMismatch(whenTrue: Type, whenFalse: Type): string {
  if (whenTrue.kind === "object" && whenFalse.kind === "object") {
    const difference = differenceOfObjects(whenTrue, whenFalse);
    if (difference !== undefined) return difference;
  }
  if (whenTrue.kind === "tuple" && whenFalse.kind === "tuple") {
    const difference = differenceOfTuples(whenTrue, whenFalse);
    if (difference !== undefined) return difference;
  }
  if (isCollection(whenTrue) && isCollection(whenFalse) && whenTrue.kind === whenFalse.kind) {
    const { element } = whenTrue;
    const isStructural = element.kind === "object" || element.kind === "tuple";
    if (isStructural && whenFalse.element.kind === element.kind) {
      return `Mismatched ${whenTrue.kind} element types: ${describeMismatch(element, whenFalse.element)}`;
    }
  }
  const [one, other] = [typeName(whenTrue), typeName(whenFalse)];
  if (one !== other) return `The 'true' value is ${one}, but the 'false' value is ${other}`;
  return "At least one deeply-nested attribute or element is not compatible across both the 'true' and the 'false' value";
}

function differenceOfObjects(whenTrue: ObjectType, whenFalse: ObjectType): string | undefined {
  for (const [name, type] of whenTrue.attributes) {
    const other = whenFalse.attributes.get(name);
    if (other === undefined) {
      return `The 'true' value includes object attribute ${quote(name)}, which is absent in the 'false' value`;
    }
    if (!typesEqual(type, other)) {
      return `Type mismatch for object attribute ${quote(name)}: ${describeMismatch(type, other)}`;
    }
  }
  for (const name of whenFalse.attributes.keys()) {
    if (whenTrue.attributes.has(name)) continue;
    return `The 'false' value includes object attribute ${quote(name)}, which is absent in the 'true' value`;
  }
  return undefined;
}

function differenceOfTuples(whenTrue: TupleType, whenFalse: TupleType): string | undefined {
  const [length, otherLength] = [whenTrue.elements.length, whenFalse.elements.length];
  if (length !== otherLength) {
    return `The 'true' tuple has length ${length}, but the 'false' tuple has length ${otherLength}`;
  }
  for (const [at, type] of whenTrue.elements.entries()) {
    const other = whenFalse.elements[at];
    if (other === undefined || typesEqual(type, other)) continue;
    return `Type mismatch for tuple element ${at}: ${describeMismatch(type, other)}`;
  }
  return undefined;
}
