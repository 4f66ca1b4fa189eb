import type { Type } from "./type.ts";
import type { Value } from "./value.ts";

/** Writes a value as JSON of go-cty's `json.Marshal`: sorted keys, HTML characters escaped, numbers in full. */
export function encodeJson(value: Value, type: Type): string {
  throw new Error(`to come: ${value.type.kind} ${type.kind}`);
}

/** The type that a JSON text has by itself: objects and tuples, no maps or lists. @throws {PathError} */
export function impliedJsonType(text: string): Type {
  throw new Error(`to come: ${text}`);
}

/** Reads JSON as a value of `type`: go-cty's `json.Unmarshal`. @throws {PathError} */
export function decodeJson(text: string, type: Type): Value {
  throw new Error(`to come: ${text} ${type.kind}`);
}
