import { type Conversion, conversionBetween } from "./convert.ts";
import { type Type, typesEqual } from "./type.ts";
import { unify } from "./unify.ts";

/** How an element becomes one of a collection; nothing is to be done for `same`, nothing can be done for `never`. */
export type ElementConversion = Conversion | "same" | "never";

/** The conversion for an element of a collection. */
export function elementConversion(from: Type, to: Type, unsafe: boolean): ElementConversion {
  return typesEqual(from, to) ? "same" : (conversionBetween(from, to, unsafe) ?? "never");
}

/**
 * The type that the elements of a collection get: the wanted one, or, for "any single type", the one that they have
 * in common. Undefined when there is none.
 */
export function elementTarget(elements: readonly Type[], wanted: Type, unsafe: boolean): Type | undefined {
  return wanted.kind === "dynamic" ? unify(elements, unsafe)?.type : wanted;
}
