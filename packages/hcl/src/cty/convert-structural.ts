import { type Conversion, conversionBetween } from "./convert.ts";
import { convertMapToMap, convertMapToObject, convertObjectToMap, convertObjectToObject } from "./convert-named.ts";
import { convertToSequence, convertTupleToSequence } from "./convert-sequence.ts";
import { within } from "./path-error.ts";
import { type TupleType, type Type, typesEqual } from "./type.ts";
import { numberValue, tupleValue } from "./value.ts";

/** Conversions between collections, tuples and objects: go-cty's `getConversionKnown` for those. */
export function convertStructural(from: Type, to: Type, unsafe: boolean): Conversion | undefined {
  switch (to.kind) {
    case "object":
      if (from.kind === "object") return convertObjectToObject(from, to, unsafe);
      // A map may lack the attributes.
      return from.kind === "map" && unsafe ? convertMapToObject(from, to, unsafe) : undefined;
    case "tuple":
      return from.kind === "tuple" ? convertTupleToTuple(from, to, unsafe) : undefined;
    case "map":
      if (from.kind === "map") return convertMapToMap(from, to, unsafe);
      return from.kind === "object" ? convertObjectToMap(from, to, unsafe) : undefined;
    case "list":
    case "set":
      if (from.kind === "tuple") return convertTupleToSequence(from, to, unsafe);
      return from.kind === "list" || from.kind === "set" ? convertToSequence(from, to, unsafe) : undefined;
    default:
      return undefined;
  }
}

function convertTupleToTuple(from: TupleType, to: TupleType, unsafe: boolean): Conversion | undefined {
  if (from.elements.length !== to.elements.length) return undefined;
  const conversions = conversionsBetween(from.elements, to.elements, unsafe);
  if (conversions === undefined) return undefined;
  return (value) => {
    return tupleValue(
      value.asElements().map((element, at) =>
        within(
          () => ({ index: numberValue(at) }),
          () => conversions[at]?.(element) ?? element,
        ),
      ),
    );
  };
}

/** For each pair of types the conversion, or undefined where they are the same; undefined when one has none. */
function conversionsBetween(
  from: readonly Type[],
  to: readonly Type[],
  unsafe: boolean,
): readonly (Conversion | undefined)[] | undefined {
  const conversions: (Conversion | undefined)[] = [];
  for (const [at, target] of to.entries()) {
    const source = from[at] ?? target;
    const conversion = typesEqual(source, target) ? undefined : conversionBetween(source, target, unsafe);
    if (conversion === undefined && !typesEqual(source, target)) return undefined;
    conversions.push(conversion);
  }
  return conversions;
}
