import { PathError } from "./path-error.ts";
import { type Type, typeName } from "./type.ts";

/** Writes a type as go-cty's `json.MarshalType` does: `"string"`, `["list","string"]`, `["object",{"a":"number"}]`. */
export function encodeJsonType(type: Type): string {
  return JSON.stringify(typeTree(type));
}

function typeTree(type: Type): unknown {
  switch (type.kind) {
    case "list":
    case "set":
    case "map":
      return [type.kind, typeTree(type.element)];
    case "tuple":
      return [type.kind, type.elements.map(typeTree)];
    case "object":
      return [type.kind, Object.fromEntries(Array.from(type.attributes, ([name, part]) => [name, typeTree(part)]))];
    case "capsule":
      throw new PathError(`type not allowed: ${typeName(type)}`);
    default:
      return type.kind;
  }
}
