import {
  boolType,
  boolValue,
  convert,
  listType,
  listValue,
  mapType,
  mapValue,
  nullValue,
  PathError,
  stringType,
  stringValue,
  type Type,
  type Value,
} from "@opendepot/hcl";
import type { NullableTexts } from "../model/target.ts";
import { type FieldKind, textOf } from "./field-kind.ts";

/** Converts as the language does wherever a type is asked for; undefined for null. */
function converted(value: Value, type: Type): Value | undefined {
  const result = convert(value, type);
  if (result.isNull) return undefined;
  if (!result.isKnown) throw new PathError("value must be known");
  return result;
}

/** A string. */
export const textKind: FieldKind<string> = {
  type: stringType,
  read: (value) => converted(value, stringType)?.asString(),
  write: (field) => (field === undefined ? nullValue(stringType) : stringValue(field)),
};

/** A string that may not be null: descriptions. */
export const requiredTextKind: FieldKind<string> = {
  ...textKind,
  read: (value) => textOf(convert(value, stringType)),
  write: (field) => stringValue(field ?? ""),
};

/** A boolean. */
export const flagKind: FieldKind<boolean> = {
  type: boolType,
  read: (value) => converted(value, boolType)?.asBool(),
  write: (field) => (field === undefined ? nullValue(boolType) : boolValue(field)),
};

const textList = listType(stringType);

/** A list of strings. */
export const textsKind: FieldKind<readonly string[]> = {
  type: textList,
  read: (value) => converted(value, textList)?.asElements().map(textOf),
  write: (field) => (field === undefined ? nullValue(textList) : listValue(field.map(stringValue), stringType)),
};

const textMap = mapType(stringType);

/** Keys with strings. */
export const textMapKind: FieldKind<ReadonlyMap<string, string>> = {
  type: textMap,
  read: (value) => {
    const map = converted(value, textMap);
    return map && new Map([...map.asMap()].map(([key, entry]) => [key, textOf(entry)]));
  },
  write: (field) => nullableTextMapKind.write(field),
};

/** Keys with strings or nulls. */
export const nullableTextMapKind: FieldKind<NullableTexts> = {
  type: textMap,
  read: (value) => {
    const map = converted(value, textMap);
    return map && new Map([...map.asMap()].map(([key, entry]) => [key, entry.isNull ? null : textOf(entry)]));
  },
  write: (field) => {
    if (field === undefined) return nullValue(textMap);
    const entries = [...field].map(([key, text]): [string, Value] => {
      return [key, text === null ? nullValue(stringType) : stringValue(text)];
    });
    return mapValue(entries, stringType);
  },
};
