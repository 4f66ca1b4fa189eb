import type { Value } from "./value.ts";

/**
 * The element of a list or tuple at a number, of a map at a string or of an object at the name of an attribute;
 * undefined when there is none. The key is not converted.
 */
export function elementAt(value: Value, key: Value): Value | undefined {
  if (value.content instanceof Map) return key.type.kind === "string" ? value.asMap().get(key.asString()) : undefined;
  if (key.type.kind !== "number") return undefined;
  const index = key.asNumber();
  if (!index.isInteger || index.sign < 0) return undefined;
  return value.asElements()[index.toNumber()];
}
