import type { BigFloat } from "../cty/index.ts";
import type { SourceRange } from "../diagnostics/source-range.ts";

/** A property of an object. Names may occur more than once. */
export interface JsonProperty {
  readonly name: string;
  readonly nameRange: SourceRange;
  readonly value: JsonNode;
}

/** `{ properties }`. */
export interface JsonObject {
  readonly kind: "object";
  readonly properties: readonly JsonProperty[];
  readonly range: SourceRange;
  readonly openRange: SourceRange;
  readonly closeRange: SourceRange;
}

/** `[values]`. */
export interface JsonArray {
  readonly kind: "array";
  readonly values: readonly JsonNode[];
  readonly range: SourceRange;
  readonly openRange: SourceRange;
}

/** A string with its escapes resolved; as an expression it is a template. */
export interface JsonString {
  readonly kind: "string";
  readonly value: string;
  readonly range: SourceRange;
}

/** A value of JSON with its place: the nodes of HCL's `json/ast.go`. `invalid` stands for what could not be read. */
export type JsonNode =
  | JsonObject
  | JsonArray
  | JsonString
  | { readonly kind: "number"; readonly value: BigFloat; readonly range: SourceRange }
  | { readonly kind: "boolean"; readonly value: boolean; readonly range: SourceRange }
  | { readonly kind: "null" | "invalid"; readonly range: SourceRange };

/** The part of a value that messages point to. */
export function startRangeOfJson(node: JsonNode): SourceRange {
  return node.kind === "object" || node.kind === "array" ? node.openRange : node.range;
}
