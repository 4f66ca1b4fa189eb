import {
  BigFloat,
  elementAt,
  isCollection,
  isPrimitive,
  numberType,
  stringType,
  stringValue,
  type Type,
  tupleValue,
  typeName,
  unknownValue,
  type Value,
} from "../cty/index.ts";
import { quote } from "../diagnostics/quote.ts";
import { tryConvert } from "./conversion.ts";
import { unknown } from "./scope.ts";

/** A part of a value, or why there is none. */
export type Access = { readonly value: Value } | { readonly summary: string; readonly detail: string };

const INVALID_INDEX = "Invalid index";
const NO_ELEMENT = "The given key does not identify an element in this collection value";

function invalidIndex(detail: string): Access {
  return { summary: INVALID_INDEX, detail };
}

/** `collection[key]`: HCL's `Index`. */
export function accessIndex(collection: Value, key: Value): Access {
  if (collection.isNull) {
    return {
      summary: "Attempt to index null value",
      detail: "This value is null, so it does not have any indices.",
    };
  }
  if (key.isNull) return invalidIndex("Can't use a null value as an indexing key.");
  if (key.type.kind === "dynamic") return { value: unknown };
  switch (collection.type.kind) {
    case "dynamic":
      return { value: unknown };
    case "list":
    case "tuple":
      return indexElements(collection, key, numberType);
    case "map":
      return indexElements(collection, key, stringType);
    case "object":
      return indexObject(collection, key);
    case "set":
      return invalidIndex(
        "Elements of a set are identified only by their value and don't have any separate index or key to select with, so it's only possible to perform operations across all elements of the set.",
      );
    default:
      return invalidIndex("This value does not have any indices.");
  }
}

function indexElements(collection: Value, given: Value, type: Type): Access {
  const key = tryConvert(given, type);
  if ("problem" in key) return invalidIndex(`${NO_ELEMENT}: ${key.problem}.`);
  if (!key.value.isKnown || (!collection.isKnown && collection.type.kind !== "tuple")) {
    return { value: isCollection(collection.type) ? unknownValue(collection.type.element) : unknown };
  }
  // How many elements a tuple has is known from its type.
  const known = collection.isKnown ? collection : unknownElements(collection.type);
  const element = elementAt(known, key.value);
  if (element !== undefined) return { value: element };
  const reason = type === numberType ? whyNotAt(known, key.value) : undefined;
  return invalidIndex(reason === undefined ? `${NO_ELEMENT}.` : `${NO_ELEMENT}: ${reason}.`);
}

function unknownElements(type: Type): Value {
  return tupleValue(type.kind === "tuple" ? type.elements.map(unknownValue) : []);
}

function whyNotAt(collection: Value, key: Value): string | undefined {
  const index = key.asNumber();
  if (!index.isInteger) return "indexing a sequence requires a whole number, but the given index has a fractional part";
  if (index.sign < 0) return "a negative number is not a valid index for a sequence";
  // HCL means to say this for any index beyond the end, but says it for the first of them only.
  if (index.compare(BigFloat.fromInteger(collection.length)) > 0) return undefined;
  if (collection.length === 0) return "the collection has no elements";
  return "the given index is greater than or equal to the length of the collection";
}

function indexObject(object: Value, given: Value): Access {
  const key = tryConvert(given, stringType);
  if ("problem" in key) return invalidIndex(`${NO_ELEMENT}: ${key.problem}.`);
  if (!key.value.isKnown) return { value: unknown };
  const attribute = attributeOf(object, key.value.asString());
  if (attribute !== undefined) return { value: attribute };
  const hint =
    given.type.kind === "number" ? " An object only supports looking up attributes by name, not by numeric index." : "";
  return invalidIndex(`${NO_ELEMENT}.${hint}`);
}

function attributeOf(object: Value, name: string): Value | undefined {
  if (object.isKnown) return elementAt(object, stringValue(name));
  const type = object.type.kind === "object" ? object.type.attributes.get(name) : undefined;
  return type && unknownValue(type);
}

const UNSUPPORTED = "Unsupported attribute";

/** `object.name`: HCL's `GetAttr`. */
export function accessAttribute(object: Value, name: string): Access {
  if (object.isNull) {
    return {
      summary: "Attempt to get attribute from null value",
      detail: "This value is null, so it does not have any attributes.",
    };
  }
  switch (object.type.kind) {
    case "object": {
      const value = attributeOf(object, name);
      if (value !== undefined) return { value };
      return { summary: UNSUPPORTED, detail: `This object does not have an attribute named ${quote(name)}.` };
    }
    case "map":
      return elementOfMap(object, name, object.type.element);
    case "dynamic":
      return { value: unknown };
    default:
      return { summary: UNSUPPORTED, detail: whyNoAttributes(object.type, name) };
  }
}

function elementOfMap(map: Value, name: string, element: Type): Access {
  if (!map.isKnown) return { value: unknownValue(element) };
  const value = elementAt(map, stringValue(name));
  if (value !== undefined) return { value };
  return {
    summary: "Missing map element",
    detail: `This map does not have an element with the key ${quote(name)}.`,
  };
}

function whyNoAttributes(type: Type, name: string): string {
  if (type.kind === "list" && type.element.kind === "object") {
    const which = type.element.attributes.has(name) ? `attribute ${quote(name)}` : "an attribute";
    return `Can't access attributes on a list of objects. Did you mean to access ${which} for a specific element of the list, or across all elements of the list?`;
  }
  if (type.kind === "set" && type.element.kind === "object") {
    return "Can't access attributes on a set of objects. Did you mean to access an attribute across all elements of the set?";
  }
  if (isPrimitive(type)) return `Can't access attributes on a primitive-typed value (${typeName(type)}).`;
  return "This value does not have any attributes.";
}
