import type { Value } from "./value.ts";

/**
 * The element of a list, tuple, map or object at a key of the right type (number for the first two), or undefined
 * when there is none. Does not convert the key.
 */
export function elementAt(value: Value, key: Value): Value | undefined {
  throw new Error(`to come: ${value.type.kind} ${key.type.kind}`);
}
