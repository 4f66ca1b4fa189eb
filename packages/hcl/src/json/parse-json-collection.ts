import { rangeBetween } from "../diagnostics/source-range.ts";
import type { JsonNode, JsonProperty, JsonString } from "./json-node.ts";
import { startRangeOfJson } from "./json-node.ts";
import type { JsonParser } from "./json-parser.ts";
import type { JsonToken } from "./json-scanner.ts";

/** An object; undefined after an error in it. */
export function parseObject(parser: JsonParser): JsonNode | undefined {
  const open = parser.read();
  const properties: JsonProperty[] = [];
  while (parser.peek().type !== "}") {
    const name = parseName(parser);
    if (name === undefined || !parseColon(parser)) return undefined;
    const value = parser.parseValue(parser);
    properties.push({ name: name.value, nameRange: name.range, value });
    if (!parseObjectSeparator(parser, open)) return undefined;
  }
  const close = parser.read();
  return {
    kind: "object",
    properties,
    range: rangeBetween(open.range, close.range),
    openRange: open.range,
    closeRange: close.range,
  };
}

function parseName(parser: JsonParser): JsonString | undefined {
  const node = parser.parseValue(parser);
  if (node.kind === "string") return node;
  const detail = "A JSON object property name must be a string";
  return parser.report("Invalid object property name", detail, startRangeOfJson(node));
}

function parseColon(parser: JsonParser): boolean {
  const colon = parser.read();
  if (colon.type === ":") return true;
  parser.recover(colon, "{", "}");
  if (colon.type === "}" || colon.type === ",") {
    const detail = "A JSON object attribute must have a value, introduced by a colon.";
    parser.report("Missing object value", detail, colon.range);
  } else {
    const detail =
      colon.type === "="
        ? "JSON uses a colon as its name/value delimiter, not an equals sign."
        : "A colon must appear between an object property's name and its value.";
    parser.report("Missing property value colon", detail, colon.range);
  }
  return false;
}

/** @returns false when the object cannot be read on */
function parseObjectSeparator(parser: JsonParser, open: JsonToken): boolean {
  const { type } = parser.peek();
  if (type === "}") return true;
  if (type === ",") {
    return parseComma(parser, "}", {
      summary: "Trailing comma in object",
      detail: "JSON does not permit a trailing comma after the final property in an object.",
    });
  }
  if (type === "eof") {
    parser.report("Unclosed object", "No closing brace was found for this JSON object.", open.range);
  } else if (type === "]") {
    parser.read();
    const detail = "A JSON object must be closed with a brace, not a bracket.";
    parser.report("Mismatched braces", detail, parser.peek().range);
  } else {
    parser.recover(parser.read(), "{", "}");
    const detail = "A comma must appear between each property definition in an object.";
    parser.report("Missing attribute seperator comma", detail, parser.peek().range);
  }
  return false;
}

function parseComma(parser: JsonParser, close: "}" | "]", otherwise: { summary: string; detail: string }): boolean {
  const comma = parser.read();
  if (parser.peek().type !== close) return true;
  parser.report(otherwise.summary, otherwise.detail, comma.range);
  return false;
}

/** An array; undefined after an error in it. */
export function parseArray(parser: JsonParser): JsonNode | undefined {
  const open = parser.read();
  const values: JsonNode[] = [];
  while (parser.peek().type !== "]") {
    values.push(parser.parseValue(parser));
    if (!parseArraySeparator(parser, open)) return undefined;
  }
  const close = parser.read();
  return { kind: "array", values, range: rangeBetween(open.range, close.range), openRange: open.range };
}

/** @returns false when the array cannot be read on */
function parseArraySeparator(parser: JsonParser, open: JsonToken): boolean {
  const { type } = parser.peek();
  if (type === "]") return true;
  if (type === ",") {
    return parseComma(parser, "]", {
      summary: "Trailing comma in array",
      detail: "JSON does not permit a trailing comma after the final value in an array.",
    });
  }
  parser.recover(parser.read(), "[", "]");
  const { range } = parser.peek();
  if (type === ":") {
    parser.report("Invalid array value", "A colon is not used to introduce values in a JSON array.", range);
  } else if (type === "eof") {
    parser.report("Unclosed object", "No closing bracket was found for this JSON array.", open.range);
  } else if (type === "}") {
    parser.report("Mismatched brackets", "A JSON array must be closed with a bracket, not a brace.", range);
  } else {
    const detail = "A comma must appear between each value in an array.";
    parser.report("Missing attribute seperator comma", detail, range);
  }
  return false;
}
