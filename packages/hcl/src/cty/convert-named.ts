import type { Conversion } from "./convert.ts";
import { type ElementConversion, elementConversion, elementTarget } from "./element-conversion.ts";
import { asElementOf, commonElementType } from "./homogeneous.ts";
import { mismatchMessage } from "./mismatch.ts";
import { PathError, type PathStep, within } from "./path-error.ts";
import { quote } from "./quote.ts";
import { type CollectionType, isCollection, type ObjectType, type Type, withoutOptionalAttributes } from "./type.ts";
import { unifyElements } from "./unify-elements.ts";
import { mapValue, nullValue, objectValue, stringValue, type Value } from "./value.ts";

type Conversions = ReadonlyMap<string, ElementConversion>;

/** An object to one with at most the same attributes. */
export function convertObjectToObject(from: ObjectType, to: ObjectType, unsafe: boolean): Conversion | undefined {
  const conversions = new Map<string, ElementConversion>();
  for (const [name, type] of to.attributes) {
    const source = from.attributes.get(name);
    if (source === undefined && to.optional.has(name)) continue;
    const conversion = source === undefined ? "never" : elementConversion(source, type, unsafe);
    if (conversion === "never") return undefined;
    conversions.set(name, conversion);
  }
  return (value) => {
    const attributes = convertEntries(value.asMap(), conversions, (attribute) => ({ attribute }));
    return objectValue([...absentOptionals(to, attributes), ...attributes]);
  };
}

/** A map to an object: go-cty asks for every attribute that is not optional, and ignores other keys. */
export function convertMapToObject(from: CollectionType, to: ObjectType, unsafe: boolean): Conversion | undefined {
  const conversions = new Map<string, ElementConversion>();
  for (const [name, type] of to.attributes) {
    const conversion = elementConversion(from.element, type, unsafe);
    if (conversion === "never" && !to.optional.has(name)) return undefined;
    conversions.set(name, conversion);
  }
  return (value) => {
    const attributes = convertEntries(value.asMap(), conversions, indexStep, (name, element) =>
      incompatible(name, element, to.attributes.get(name)),
    );
    for (const name of to.attributes.keys()) {
      if (attributes.has(name) || to.optional.has(name)) continue;
      throw new PathError(`map has no element for required attribute ${quote(name)}`);
    }
    return objectValue([...absentOptionals(to, attributes), ...attributes]);
  };
}

function incompatible(name: string, element: Value, type: Type | undefined): PathError {
  const reason = type === undefined ? "" : mismatchMessage(element.type, type);
  return new PathError(`map element type is incompatible with attribute ${quote(name)}: ${reason}`);
}

function* absentOptionals(to: ObjectType, present: ReadonlyMap<string, Value>): Generator<readonly [string, Value]> {
  for (const name of to.optional) {
    const type = to.attributes.get(name);
    if (type !== undefined && !present.has(name)) yield [name, nullValue(withoutOptionalAttributes(type))];
  }
}

/** A map to a map of other elements. */
export function convertMapToMap(from: CollectionType, to: CollectionType, unsafe: boolean): Conversion | undefined {
  const conversion = elementConversion(from.element, to.element, unsafe);
  if (conversion === "never") return undefined;
  const empty = to.element.kind === "dynamic" ? from.element : withoutOptionalAttributes(to.element);
  return (value) => {
    const conversions = new Map(Array.from(value.asMap().keys(), (key) => [key, conversion]));
    const entries = convertEntries(value.asMap(), conversions, indexStep);
    return mapOf({ entries, target: to.element, empty, unsafe: false, noun: "element" });
  };
}

/** An object to a map. */
export function convertObjectToMap(from: ObjectType, to: CollectionType, unsafe: boolean): Conversion | undefined {
  const empty = withoutOptionalAttributes(to.element);
  if (from.attributes.size === 0) return () => mapValue([], empty);
  const target = elementTarget([...from.attributes.values()], to.element, unsafe);
  if (target === undefined) return undefined;
  const conversions = new Map<string, ElementConversion>();
  for (const [name, type] of from.attributes) {
    const conversion = elementConversion(type, target, unsafe);
    if (conversion === "never") return undefined;
    conversions.set(name, conversion);
  }
  return (value) => {
    const entries = convertEntries(value.asMap(), conversions, indexStep);
    return mapOf({ entries, target, empty, unsafe, noun: "attribute" });
  };
}

interface MapParts {
  readonly entries: ReadonlyMap<string, Value>;
  readonly target: Type;
  readonly empty: Type;
  readonly unsafe: boolean;
  readonly noun: string;
}

function mapOf({ entries, target, empty, unsafe, noun }: MapParts): Value {
  if (entries.size === 0) return mapValue([], empty);
  const nested = isCollection(target) || target.kind === "object";
  const elements = nested ? unifyElements([...entries.values()], unsafe) : [...entries.values()];
  const type = commonElementType(elements);
  if (type === undefined) throw new PathError(`${noun} types must all match for conversion to map`);
  const keys = [...entries.keys()];
  return mapValue(
    elements.map((element, at) => [keys[at] ?? "", asElementOf(type, element)] as const),
    type,
  );
}

function indexStep(key: string): PathStep {
  return { index: stringValue(key) };
}

// Entries without a conversion are left out.
function convertEntries(
  entries: ReadonlyMap<string, Value>,
  conversions: Conversions,
  stepTo: (key: string) => PathStep,
  refuse?: (key: string, element: Value) => PathError,
): Map<string, Value> {
  const converted = new Map<string, Value>();
  for (const [key, element] of entries) {
    const conversion = conversions.get(key);
    if (conversion === undefined) continue;
    if (conversion === "never" && refuse !== undefined) throw refuse(key, element);
    converted.set(
      key,
      typeof conversion === "string"
        ? element
        : within(
            () => stepTo(key),
            () => conversion(element),
          ),
    );
  }
  return converted;
}
