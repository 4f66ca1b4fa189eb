import { parseBigFloat } from "../cty/index.ts";
import { type Diagnostic, errorDiagnostic } from "../diagnostics/diagnostic.ts";
import { quote } from "../diagnostics/quote.ts";
import { initialPosition, rangeAt, type SourceRange } from "../diagnostics/source-range.ts";
import { suggestName } from "../diagnostics/suggest-name.ts";
import type { JsonNode } from "./json-node.ts";
import { JsonParser } from "./json-parser.ts";
import { type JsonToken, scanJson } from "./json-scanner.ts";
import { decodeJsonString } from "./json-string.ts";
import { parseArray, parseObject } from "./parse-json-collection.ts";

/** Reads a file of JSON: HCL's `json.Parse`. The result is an object or an array in any case. */
export function parseJsonSyntax(
  source: string | Uint8Array,
  filename: string,
): { readonly result: JsonNode; readonly diagnostics: readonly Diagnostic[] } {
  const text =
    typeof source === "string" ? source.toWellFormed() : new TextDecoder("utf-8", { ignoreBOM: true }).decode(source);
  const parser = new JsonParser(scanJson(text, filename), parseValue);
  const root = parseValue(parser);
  const next = parser.peek();
  if (parser.diagnostics.length === 0 && next.type !== "eof") {
    parser.report("Extraneous data after value", "Extra characters appear after the JSON value.", next.range);
  }
  if (root.kind === "object" || root.kind === "array") return { result: root, diagnostics: parser.diagnostics };
  parser.report(
    "Root value must be object",
    "The root value in a JSON-based configuration must be either a JSON object or a JSON array of objects.",
    root.range,
  );
  const range = rangeAt(filename, initialPosition);
  const result: JsonNode = { kind: "object", properties: [], range, openRange: range, closeRange: range };
  return { result, diagnostics: parser.diagnostics };
}

const VALUE_STARTS = "A JSON value must start with a brace, a bracket, a number, a string, or a keyword.";

function parseValue(parser: JsonParser): JsonNode {
  const token = parser.peek();
  return parseKnown(parser, token) ?? { kind: "invalid", range: token.range };
}

function parseKnown(parser: JsonParser, token: JsonToken): JsonNode | undefined {
  switch (token.type) {
    case "{":
      return parser.nested(() => parseObject(parser));
    case "[":
      return parser.nested(() => parseArray(parser));
    case "number":
      return parseNumber(parser);
    case "string":
      return parseString(parser);
    case "keyword":
      return parseKeyword(parser);
    case "}":
      return parser.report("Missing JSON value", VALUE_STARTS, token.range);
    case "]":
      return parser.report("Missing array element value", VALUE_STARTS, token.range);
    case "eof":
      return parser.report("Missing value", "The JSON data ends prematurely.", token.range);
    default:
      return parser.report("Invalid start of value", VALUE_STARTS, token.range);
  }
}

const NUMBER = /^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?$/;

function parseNumber(parser: JsonParser): JsonNode | undefined {
  const { text, range } = parser.read();
  const value = NUMBER.test(text) ? parseBigFloat(text) : undefined;
  if (value !== undefined) return { kind: "number", value, range };
  return parser.report("Invalid JSON number", "There is a syntax error in the given JSON number.", range);
}

function parseString(parser: JsonParser): JsonNode | undefined {
  const { text, range } = parser.read();
  const decoded = decodeJsonString(text);
  if ("text" in decoded) return { kind: "string", value: decoded.text, range };
  const subject = rangeOfBadByte(range, decoded.badOffset);
  const summary = "Invalid JSON string";
  const detail = "There is a syntax error in the given JSON string.";
  parser.diagnostics.push(errorDiagnostic(summary, detail, { subject, context: range }));
  return undefined;
}

// HCL counts bytes as columns here.
function rangeOfBadByte({ filename, start }: SourceRange, offset: number): SourceRange {
  const at = { line: start.line, column: start.column + offset, byte: start.byte + offset };
  return { filename, start: at, end: { ...at, column: at.column + 1, byte: at.byte + 1 } };
}

const JAVASCRIPT: ReadonlySet<string> = new Set(["undefined", "NaN", "Infinity"]);

function parseKeyword(parser: JsonParser): JsonNode | undefined {
  const { text, range } = parser.read();
  if (text === "true" || text === "false") return { kind: "boolean", value: text === "true", range };
  if (text === "null") return { kind: "null", range };
  const summary = "Invalid JSON keyword";
  if (JAVASCRIPT.has(text)) {
    return parser.report(summary, `The JavaScript identifier ${quote(text)} cannot be used in JSON.`, range);
  }
  const suggestion = suggestName(text, ["false", "true", "null"]);
  const hint = suggestion === undefined ? "" : ` Did you mean ${quote(suggestion)}?`;
  return parser.report(summary, `${quote(text)} is not a valid JSON keyword.${hint}`, range);
}
