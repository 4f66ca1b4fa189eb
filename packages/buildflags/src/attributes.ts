import { compareBytes } from "./go-text.ts";

/** Keys and values of an exporter, a cache or an attestation. */
export type Attributes = ReadonlyMap<string, string>;

/** JSON whose objects keep their order, whatever their keys look like. */
export type OrderedJson =
  | string
  | number
  | bigint
  | boolean
  | null
  | readonly OrderedJson[]
  | ReadonlyMap<string, OrderedJson>;

/** A map's entries in the order in which Go writes maps. */
export function sortedEntries<Value>(map: ReadonlyMap<string, Value>): Array<[string, Value]> {
  return [...map].sort(([a], [b]) => compareBytes(a, b));
}

/** Tells whether both hold the same keys and values. */
export function isSameAttributes(a: Attributes, b: Attributes): boolean {
  return a.size === b.size && [...a].every(([key, value]) => b.get(key) === value);
}

/** A copy without the keys of the list. */
export function withoutKeys(attributes: Attributes, keys: readonly string[]): Attributes {
  return new Map([...attributes].filter(([key]) => !keys.includes(key)));
}
