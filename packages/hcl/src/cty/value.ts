import { BigFloat } from "./big-float.ts";
import {
  boolType,
  type CapsuleType,
  dynamicType,
  listType,
  mapType,
  numberType,
  objectType,
  sortedByKey,
  stringType,
  type Type,
  tupleType,
} from "./type.ts";

/** The content of a value whose result is not known; only functions given an untyped null produce it. */
export const unknownContent: unique symbol = Symbol("unknown");

/** What a capsule holds. */
export class Capsule {
  readonly content: unknown;

  constructor(content: unknown) {
    this.content = content;
  }
}

/** The parts of a value: depends on the kind of its type, `null` for a null of any type. */
export type Content =
  | string
  | boolean
  | BigFloat
  | readonly Value[]
  | ReadonlyMap<string, Value>
  | Capsule
  | null
  | typeof unknownContent;

/**
 * An immutable value with its type: go-cty's `Value`.
 *
 * Make one with the functions of this file. The `as…` methods are for callers that have checked type and null;
 * anything else is a bug and throws.
 */
export class Value {
  readonly type: Type;
  readonly content: Content;

  /** @package */
  constructor(type: Type, content: Content) {
    this.type = type;
    this.content = content;
  }

  get isNull(): boolean {
    return this.content === null;
  }

  get isKnown(): boolean {
    return this.content !== unknownContent;
  }

  /** The text of a string. */
  asString(): string {
    if (typeof this.content === "string") return this.content;
    throw this.#misused("string");
  }

  asBool(): boolean {
    if (typeof this.content === "boolean") return this.content;
    throw this.#misused("bool");
  }

  asNumber(): BigFloat {
    if (this.content instanceof BigFloat) return this.content;
    throw this.#misused("number");
  }

  /** The elements of a list, tuple or set (in the set's order), or the values of a map or object in order of the keys. */
  asElements(): readonly Value[] {
    if (Array.isArray(this.content)) return this.content;
    return [...this.asMap().values()];
  }

  /** The entries of a map or object, in ascending order of the keys. */
  asMap(): ReadonlyMap<string, Value> {
    if (this.content instanceof Map) return this.content;
    throw this.#misused("map or object");
  }

  /** The content of a capsule. */
  asCapsule(): unknown {
    if (this.content instanceof Capsule) return this.content.content;
    throw this.#misused("capsule");
  }

  /** The number of elements or attributes. */
  get length(): number {
    return Array.isArray(this.content) ? this.content.length : this.asMap().size;
  }

  /** Whether {@link entries} works: a list, set, map, tuple or object that is not null. */
  get isIterable(): boolean {
    return Array.isArray(this.content) || this.content instanceof Map;
  }

  /**
   * Key and element pairs in the order of the language: numbers for lists and tuples, strings in ascending order
   * for maps and objects, the element itself for sets.
   */
  *entries(): Generator<readonly [key: Value, element: Value]> {
    if (this.content instanceof Map) {
      for (const [key, element] of this.content) yield [stringValue(key), element];
      return;
    }
    let index = 0;
    for (const element of this.asElements()) {
      yield [this.type.kind === "set" ? element : numberValue(index++), element];
    }
  }

  #misused(wanted: string): Error {
    const state = this.isNull ? "null " : this.isKnown ? "" : "unknown ";
    return new Error(`not a ${wanted}: ${state}${this.type.kind}`);
  }
}

/** A string, brought to Unicode's normal form C as every string of the language. */
export function stringValue(text: string): Value {
  return new Value(stringType, normalizeString(text));
}

/** A number; JavaScript numbers must be integers (use {@link BigFloat.fromNumber} for fractions). */
export function numberValue(number: BigFloat | number | bigint): Value {
  return new Value(numberType, number instanceof BigFloat ? number : BigFloat.fromInteger(number));
}

export const trueValue: Value = new Value(boolType, true);
export const falseValue: Value = new Value(boolType, false);

export function boolValue(bool: boolean): Value {
  return bool ? trueValue : falseValue;
}

/** A null of a type. */
export function nullValue(type: Type): Value {
  return type === dynamicType ? dynamicNull : new Value(type, null);
}

/** A `null` written down without a type. */
export const dynamicNull: Value = new Value(dynamicType, null);

/** A value that cannot be known: see {@link unknownContent}. */
export function unknownValue(type: Type): Value {
  return new Value(type, unknownContent);
}

/** A fixed row of values; its type follows from theirs. */
export function tupleValue(elements: readonly Value[]): Value {
  return new Value(tupleType(elements.map((element) => element.type)), elements);
}

/** Named values, given in any order; of equal names the last one stays. Names are brought to normal form C. */
export function objectValue(attributes: Iterable<readonly [name: string, value: Value]>): Value {
  const content = normalizedKeys(attributes);
  return new Value(objectType([...content].map(([name, value]) => [name, value.type])), content);
}

/** A list of values that all have the type `element`. */
export function listValue(elements: readonly Value[], element: Type): Value {
  return new Value(listType(element), elements);
}

/** A map of values that all have the type `element`, given in any order. Keys are brought to normal form C. */
export function mapValue(entries: Iterable<readonly [key: string, value: Value]>, element: Type): Value {
  return new Value(mapType(element), normalizedKeys(entries));
}

/** An opaque value. */
export function capsuleValue(type: CapsuleType, content: unknown): Value {
  return new Value(type, new Capsule(content));
}

/** Brings a string to normal form C, as all strings and keys of the language are. */
export function normalizeString(text: string): string {
  return isAscii(text) ? text : text.normalize("NFC");
}

function normalizedKeys(entries: Iterable<readonly [string, Value]>): ReadonlyMap<string, Value> {
  return sortedByKey(Array.from(entries, ([key, value]) => [normalizeString(key), value] as const));
}

function isAscii(text: string): boolean {
  for (let at = 0; at < text.length; at++) if (text.charCodeAt(at) > 0x7f) return false;
  return true;
}
