import { numberValue, parseBigFloat, type Value } from "../cty/index.ts";
import type { Parser, SeenToken } from "./parser.ts";

/** The value of a number token, or undefined after reporting that it is none. */
export function parseNumber(parser: Parser, token: SeenToken): Value | undefined {
  const number = parseBigFloat(token.text);
  if (number !== undefined) return numberValue(number);
  parser.report("Invalid number literal", "Failed to recognize the value of this number literal.", {
    subject: token.range,
  });
  return undefined;
}
