import { rangeBetween } from "../diagnostics/source-range.ts";
import { type Parser, placeholder, type SeenToken } from "./parser.ts";
import type { ExpressionNode } from "./tree.ts";

const INVALID = "Invalid 'for' expression";

interface Names {
  readonly keyName: string | undefined;
  readonly valueName: string;
}

interface Results {
  readonly key: ExpressionNode | undefined;
  readonly value: ExpressionNode;
}

/** A `for` expression in `[…]` or `{…}`, at its keyword: hclsyntax's `finishParsingForExpr`. */
export function parseFor(parser: Parser, open: SeenToken): ExpressionNode {
  return parser.withNewlines(false, () => {
    parser.read();
    const end = open.type === "OBrace" ? "CBrace" : "CBrack";
    return parseForParts(parser, open, end) ?? placeholder(rangeBetween(open.range, parser.recover(end).range));
  });
}

// Nothing when the expression must be skipped.
function parseForParts(parser: Parser, open: SeenToken, end: "CBrace" | "CBrack"): ExpressionNode | undefined {
  const names = parseNames(parser, open);
  if (names === undefined || !expectKeyword(parser, open)) return undefined;
  const { node: collection, lost } = parser.attemptExpression();
  if (lost) return undefined;
  if (parser.peek().type !== "Colon") {
    complain(parser, open, "For expression requires a colon after the collection expression.");
    return undefined;
  }
  parser.read();
  const results = parseResults(parser);
  if (results === undefined) return undefined;
  const ellipsis = parser.peek().type === "Ellipsis" ? parser.read() : undefined;
  const condition = parseCondition(parser);
  if (condition === "lost") return undefined;
  const close = parseClose(parser, open, end);
  const range = rangeBetween(open.range, close.range);
  checkForm(parser, results, { makesObject: end === "CBrace", ellipsis, range });
  return {
    kind: "for",
    ...names,
    collection,
    ...results,
    condition,
    group: ellipsis !== undefined,
    openRange: open.range,
    range,
  };
}

function complain(parser: Parser, open: SeenToken, detail: string): void {
  const subject = parser.peek().range;
  parser.complain(INVALID, detail, { subject, context: rangeBetween(open.range, subject) });
}

function parseNames(parser: Parser, open: SeenToken): Names | undefined {
  if (parser.peek().type !== "Ident") {
    complain(parser, open, "For expression requires variable name after 'for'.");
    return undefined;
  }
  const first = parser.read().text;
  if (parser.peek().type !== "Comma") return { keyName: undefined, valueName: first };
  parser.read();
  if (parser.peek().type !== "Ident") {
    complain(parser, open, "For expression requires value variable name after comma.");
    return undefined;
  }
  return { keyName: first, valueName: parser.read().text };
}

function expectKeyword(parser: Parser, open: SeenToken): boolean {
  if (!parser.isKeyword("in")) {
    complain(parser, open, "For expression requires the 'in' keyword after its name declarations.");
    return false;
  }
  parser.read();
  return true;
}

function parseResults(parser: Parser): Results | undefined {
  const { result, failed } = parser.attempt(() => {
    const first = parser.parseExpression(parser);
    if (parser.peek().type !== "FatArrow") return { key: undefined, value: first };
    parser.read();
    return { key: first, value: parser.parseExpression(parser) };
  });
  return parser.recovering && failed ? undefined : result;
}

function parseCondition(parser: Parser): ExpressionNode | undefined | "lost" {
  if (!parser.isKeyword("if")) return undefined;
  parser.read();
  const { node, lost } = parser.attemptExpression();
  return lost ? "lost" : node;
}

function parseClose(parser: Parser, open: SeenToken, end: "CBrace" | "CBrack"): SeenToken {
  if (parser.peek().type === end) return parser.read();
  complain(parser, open, "Extra characters after the end of the 'for' expression.");
  return parser.recover(end);
}

function checkForm(
  parser: Parser,
  { key, value }: Results,
  form: { makesObject: boolean; ellipsis: SeenToken | undefined; range: ExpressionNode["range"] },
): void {
  const context = form.range;
  if (form.makesObject) {
    if (key !== undefined) return;
    parser.report(INVALID, "Key expression is required when building an object.", { subject: value.range, context });
    return;
  }
  if (key !== undefined) {
    parser.report(INVALID, "Key expression is not valid when building a tuple.", { subject: key.range, context });
  }
  if (form.ellipsis !== undefined) {
    const subject = form.ellipsis.range;
    parser.report(INVALID, "Grouping ellipsis (...) cannot be used when building a tuple.", { subject, context });
  }
}
