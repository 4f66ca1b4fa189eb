import { conversionBetween } from "./convert.ts";
import { PathError } from "./path-error.ts";
import { typesEqual } from "./type.ts";
import { unify } from "./unify.ts";
import type { Value } from "./value.ts";

/** Converted elements that may still differ in type, brought to one. @throws {PathError} when there is none. */
export function unifyElements(elements: readonly Value[], unsafe: boolean): readonly Value[] {
  const unified = unify(
    elements.map((element) => element.type),
    unsafe,
  );
  if (unified === undefined) throw new PathError("cannot find a common base type for all elements");
  return elements.map((element) => {
    if (typesEqual(element.type, unified.type)) return element;
    const conversion = conversionBetween(element.type, unified.type, unsafe);
    return conversion === undefined ? element : conversion(element);
  });
}
