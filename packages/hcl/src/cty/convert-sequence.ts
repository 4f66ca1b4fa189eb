import type { Conversion } from "./convert.ts";
import { type ElementConversion, elementConversion, elementTarget } from "./element-conversion.ts";
import { asElementOf, commonElementType } from "./homogeneous.ts";
import { PathError, within } from "./path-error.ts";
import { setValue } from "./set-value.ts";
import { type CollectionType, type TupleType, type Type, withoutOptionalAttributes } from "./type.ts";
import { unifyElements } from "./unify-elements.ts";
import { listValue, numberValue, type Value } from "./value.ts";

/** A list or set to a list or set. */
export function convertToSequence(from: CollectionType, to: CollectionType, unsafe: boolean): Conversion | undefined {
  // A set forgets order and repetition.
  if (to.kind === "set" && from.kind === "list" && !unsafe) return undefined;
  const conversion = elementConversion(from.element, to.element, unsafe);
  if (conversion === "never") return undefined;
  const empty = to.element.kind === "dynamic" ? from.element : withoutOptionalAttributes(to.element);
  return (value) =>
    sequence(
      to,
      convertElements(value, () => conversion),
      empty,
    );
}

/** A tuple to a list or set. */
export function convertTupleToSequence(from: TupleType, to: CollectionType, unsafe: boolean): Conversion | undefined {
  const empty = withoutOptionalAttributes(to.element);
  if (from.elements.length === 0) return () => sequence(to, [], empty);
  const target = elementTarget(from.elements, to.element, unsafe);
  if (target === undefined || (to.element.kind === "dynamic" && isUndecided(target, from))) return undefined;
  const conversions = from.elements.map((type) => elementConversion(type, target, unsafe));
  if (conversions.includes("never")) return undefined;
  return (value) => {
    const elements = convertElements(value, (at) => conversions[at] ?? "same");
    return sequence(to, to.kind === "list" ? unifyElements(elements, unsafe) : elements, empty);
  };
}

// "Any" came out of the unification only because untyped nulls stand beside values of complex types.
function isUndecided(target: Type, from: TupleType): boolean {
  return target.kind === "dynamic" && from.elements.some((type) => type.kind !== "dynamic");
}

function convertElements(value: Value, conversionAt: (at: number) => ElementConversion): readonly Value[] {
  return value.asElements().map((element, at) => {
    const conversion = conversionAt(at);
    if (typeof conversion === "string") return element;
    return within(
      () => ({ index: numberValue(at) }),
      () => conversion(element),
    );
  });
}

function sequence(to: CollectionType, elements: readonly Value[], empty: Type): Value {
  const type = elements.length === 0 ? empty : commonElementType(elements);
  if (type === undefined) throw new PathError(`element types must all match for conversion to ${to.kind}`);
  const typed = elements.map((element) => asElementOf(type, element));
  return to.kind === "set" ? setValue(typed, type) : listValue(typed, type);
}
