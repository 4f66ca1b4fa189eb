import { bigFloatText, parseBigFloat } from "./big-float-text.ts";
import { convertStructural } from "./convert-structural.ts";
import { mismatchMessage } from "./mismatch.ts";
import { PathError } from "./path-error.ts";
import { replaceDynamic } from "./replace-dynamic.ts";
import { type CapsuleType, isPrimitive, type Type, typesEqual, withoutOptionalAttributes } from "./type.ts";
import { boolValue, capsuleValue, nullValue, numberValue, stringValue, unknownValue, type Value } from "./value.ts";

/** Makes a value of one type one of another. @throws {PathError} for a value that does not fit. */
export type Conversion = (value: Value) => Value;

/**
 * The value as one of `type`: go-cty's `convert.Convert`.
 * @throws {PathError} in go-cty's words when it does not fit.
 */
export function convert(value: Value, type: Type): Value {
  if (typesEqual(value.type, type)) return value;
  const conversion = conversionBetween(value.type, type, true);
  if (conversion === undefined) throw new PathError(mismatchMessage(value.type, type));
  return conversion(value);
}

/**
 * How values of `from` become values of `to`; undefined when they never can. Only `unsafe` conversions may fail for
 * some of the values.
 */
export function conversionBetween(from: Type, to: Type, unsafe: boolean): Conversion | undefined {
  if (to.kind === "dynamic") return (value) => value;
  const conversion = knownConversion(from, to, unsafe);
  if (conversion === undefined) return undefined;
  return (value) => {
    if (!value.isKnown) return unknownValue(replaceDynamic(value.type, withoutOptionalAttributes(to)));
    if (value.isNull) return nullValue(replaceDynamic(value.type, withoutOptionalAttributes(to)));
    return conversion(value);
  };
}

function knownConversion(from: Type, to: Type, unsafe: boolean): Conversion | undefined {
  if (from.kind === "dynamic") return unsafe ? (value) => convert(value, to) : undefined;
  if (isPrimitive(from) && isPrimitive(to)) return primitiveConversion(from.kind, to.kind, unsafe);
  if (from.kind !== "capsule" && to.kind !== "capsule") return convertStructural(from, to, unsafe);
  if (!unsafe || from === to) return undefined;
  return (
    (to.kind === "capsule" ? conversionToCapsule(from, to) : undefined) ??
    (from.kind === "capsule" ? conversionFromCapsule(from, to) : undefined)
  );
}

function conversionToCapsule(from: Type, to: CapsuleType): Conversion | undefined {
  const make = to.conversionTo?.(from);
  return make && ((value) => capsuleValue(to, make(value)));
}

function conversionFromCapsule(from: CapsuleType, to: Type): Conversion | undefined {
  const make = from.conversionFrom?.(to);
  return make && ((value) => make(value.asCapsule()));
}

type PrimitiveKind = "string" | "number" | "bool";

function primitiveConversion(from: PrimitiveKind, to: PrimitiveKind, unsafe: boolean): Conversion | undefined {
  if (to === "string") return from === "number" ? numberToString : boolToString;
  if (from !== "string" || !unsafe) return undefined;
  return to === "number" ? stringToNumber : stringToBool;
}

function numberToString(value: Value): Value {
  return stringValue(bigFloatText(value.asNumber()));
}

function boolToString(value: Value): Value {
  return stringValue(value.asBool() ? "true" : "false");
}

function stringToNumber(value: Value): Value {
  const number = parseBigFloat(value.asString());
  if (number === undefined) throw new PathError("a number is required");
  return numberValue(number);
}

function stringToBool(value: Value): Value {
  const text = value.asString();
  if (text === "true" || text === "1") return boolValue(true);
  if (text === "false" || text === "0") return boolValue(false);
  const lower = text.toLowerCase();
  if (lower !== "true" && lower !== "false") throw new PathError("a bool is required");
  throw new PathError(`a bool is required; to convert from string, use lowercase "${lower}"`);
}
