import { rangeBetween, type SourceRange } from "../diagnostics/source-range.ts";
import { parseFor } from "./parse-for.ts";
import type { Parser, SeenToken } from "./parser.ts";
import type { ExpressionNode, ObjectItem, ObjectKeyNode } from "./tree.ts";

/** `[…]`: hclsyntax's `parseTupleCons`. */
export function parseTuple(parser: Parser): ExpressionNode {
  const open = parser.read();
  return parser.withNewlines(false, () => {
    if (parser.isKeyword("for")) return parseFor(parser, open);
    const elements: ExpressionNode[] = [];
    const close = parseElements(parser, open, elements);
    return { kind: "tuple", elements, openRange: open.range, range: rangeBetween(open.range, close.range) };
  });
}

function parseElements(parser: Parser, open: SeenToken, elements: ExpressionNode[]): SeenToken {
  while (parser.peek().type !== "CBrack") {
    const { node, lost } = parser.attemptExpression();
    elements.push(node);
    if (lost) return parser.recover("CBrack");
    const next = parser.peek();
    if (next.type === "CBrack") break;
    if (next.type !== "Comma") {
      complainAboutElement(parser, open, next);
      return parser.recover("CBrack");
    }
    parser.read();
  }
  return parser.read();
}

function complainAboutElement(parser: Parser, open: SeenToken, next: SeenToken): void {
  if (next.type === "EOF") {
    parser.complain(
      "Unterminated tuple constructor expression",
      "There is no corresponding closing bracket before the end of the file. This may be caused by incorrect bracket nesting elsewhere in this file.",
      { subject: open.range },
    );
    return;
  }
  parser.complain("Missing item separator", "Expected a comma to mark the beginning of the next item.", {
    subject: next.range,
    context: rangeBetween(open.range, next.range),
  });
}

/** `{…}`: hclsyntax's `parseObjectCons`. */
export function parseObject(parser: Parser): ExpressionNode {
  const open = parser.read();
  // Newlines separate the items of an object, but mean nothing in a `for` expression.
  if (parser.withNewlines(false, () => parser.isKeyword("for"))) return parseFor(parser, open);
  return parser.withNewlines(true, () => {
    const items: ObjectItem[] = [];
    const close = parseItems(parser, open, items);
    return { kind: "object", items, openRange: open.range, range: rangeBetween(open.range, close.range) };
  });
}

function parseItems(parser: Parser, open: SeenToken, items: ObjectItem[]): SeenToken {
  for (;;) {
    const next = parser.peek();
    if (next.type === "Newline") {
      parser.read();
      continue;
    }
    if (next.type === "CBrace") return parser.read();
    if (!parseItem(parser, open, items)) return parser.recover("CBrace");
    const separator = parser.peek();
    if (separator.type === "CBrace") return parser.read();
    if (separator.type !== "Comma" && separator.type !== "Newline") {
      complainAboutSeparator(parser, open, separator);
      return parser.recover("CBrace");
    }
    parser.read();
  }
}

/** @returns false when the rest of the object cannot be parsed */
function parseItem(parser: Parser, open: SeenToken, items: ObjectItem[]): boolean {
  const forceExpression = parser.peek().type === "OParen";
  const { node, lost } = parser.attemptExpression();
  if (lost) return false;
  const key: ObjectKeyNode = { kind: "objectKey", wrapped: node, forceExpression, range: node.range };
  const sign = parser.peek();
  if (sign.type !== "Equal" && sign.type !== "Colon") {
    complainAboutSign(parser, open, sign);
    return false;
  }
  parser.read();
  const value = parser.attemptExpression();
  if (!value.lost || value.node.kind === "syntaxError") items.push({ key, value: value.node });
  return !value.lost;
}

function complainAboutSign(parser: Parser, open: SeenToken, next: SeenToken): void {
  const place = { subject: next.range, context: rangeBetween(open.range, next.range) };
  const detail = 'Expected an equals sign ("=") to mark the beginning of the attribute value.';
  switch (next.type) {
    case "Newline":
    case "Comma":
      parser.complain(
        "Missing attribute value",
        'Expected an attribute value, introduced by an equals sign ("=").',
        place,
      );
      return;
    case "Ident":
      parser.complain(
        "Missing key/value separator",
        `${detail} If you intended to given an attribute name containing periods or spaces, write the name in quotes to create a string literal.`,
        place,
      );
      return;
    case "EOF":
      complainAboutEnd(parser, open.range);
      return;
    default:
      parser.complain("Missing key/value separator", detail, place);
      return;
  }
}

function complainAboutSeparator(parser: Parser, open: SeenToken, next: SeenToken): void {
  if (next.type === "EOF") {
    complainAboutEnd(parser, open.range);
    return;
  }
  parser.complain(
    "Missing attribute separator",
    "Expected a newline or comma to mark the beginning of the next attribute.",
    { subject: next.range, context: rangeBetween(open.range, next.range) },
  );
}

function complainAboutEnd(parser: Parser, subject: SourceRange): void {
  parser.complain(
    "Unterminated object constructor expression",
    "There is no corresponding closing brace before the end of the file. This may be caused by incorrect brace nesting elsewhere in this file.",
    { subject },
  );
}
