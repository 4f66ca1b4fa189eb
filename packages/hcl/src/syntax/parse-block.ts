import { append } from "../diagnostics/append.ts";
import { rangeBetween, type SourceRange } from "../diagnostics/source-range.ts";
import { parseQuotedLabel } from "./parse-label.ts";
import type { Parser, SeenToken } from "./parser.ts";
import type { BlockNode, BodyNode } from "./tree.ts";

/** The two forms of a block's content. */
export interface BodyRules {
  readonly body: (parser: Parser, end: "CBrace") => BodyNode;
  readonly singleAttribute: (parser: Parser) => BodyNode | undefined;
}

interface BlockHeader {
  readonly labels: string[];
  readonly labelRanges: SourceRange[];
  /** Absent when the header is not followed by a body. */
  readonly openBrace: SeenToken | undefined;
}

const UNCLOSED =
  "There is no closing brace for this block before the end of the file. This may be caused by incorrect brace nesting elsewhere in this file.";

/** A block whose type was just read: hclsyntax's `finishParsingBodyBlock`. */
export function parseBlock(parser: Parser, type: SeenToken, rules: BodyRules): BlockNode {
  const { labels, labelRanges, openBrace } = parseHeader(parser, type);
  const head = { type: type.text, labels, labelRanges, typeRange: type.range };
  if (openBrace === undefined) {
    const body: BodyNode = { attributes: new Map(), blocks: [], range: type.range };
    return { ...head, body, openBraceRange: type.range };
  }
  const body = parser.nested(() => parseContent(parser, rules, { type, openBrace }));
  const closeRange = parser.previousRange();
  parseBlockEnd(parser, type);
  const range = rangeBetween(openBrace.range, closeRange);
  return {
    ...head,
    body: body ?? { attributes: new Map(), blocks: [], range },
    openBraceRange: openBrace.range,
  };
}

function parseHeader(parser: Parser, type: SeenToken): BlockHeader {
  const labels: string[] = [];
  const labelRanges: SourceRange[] = [];
  for (;;) {
    const token = parser.peek();
    if (token.type === "OBrace") return { labels, labelRanges, openBrace: parser.read() };
    if (token.type === "OQuote") {
      const label = parseQuotedLabel(parser);
      labels.push(label.text);
      labelRanges.push(label.range);
    } else if (token.type === "Ident") {
      labels.push(parser.read().text);
      labelRanges.push(token.range);
    } else {
      complainAboutHeader(parser, type, token);
      parser.recoverAfterBodyItem();
      return { labels, labelRanges, openBrace: undefined };
    }
  }
}

function complainAboutHeader(parser: Parser, type: SeenToken, token: SeenToken): void {
  const summary = "Invalid block definition";
  const place = { subject: token.range, context: rangeBetween(type.range, token.range) };
  if (token.type === "Equal") {
    const detail = 'The equals sign "=" indicates an argument definition, and must not be used when defining a block.';
    parser.report(summary, detail, place);
    return;
  }
  if (token.type === "Newline") {
    const detail =
      'A block definition must have block content delimited by "{" and "}", starting on the same line as the block header.';
    parser.report(summary, detail, place);
    return;
  }
  const detail = 'Either a quoted string block label or an opening brace ("{") is expected here.';
  parser.complain(summary, detail, place);
}

function parseContent(
  parser: Parser,
  rules: BodyRules,
  block: { type: SeenToken; openBrace: SeenToken },
): BodyNode | undefined {
  const next = parser.peek().type;
  if (next === "Newline" || next === "EOF" || next === "CBrace") return rules.body(parser, "CBrace");
  const before = parser.diagnostics.length;
  const body = rules.singleAttribute(parser);
  const ofBody = parser.diagnostics.splice(before);
  if (parser.peek().type === "CBrace") {
    parser.read();
  } else {
    complainAboutSingleLine(parser, block);
    parser.recover("CBrace");
  }
  // HCL tells what is wrong with the block before what is wrong inside of it.
  append(parser.diagnostics, ofBody);
  return body;
}

function complainAboutSingleLine(parser: Parser, { type, openBrace }: { type: SeenToken; openBrace: SeenToken }): void {
  const summary = "Invalid single-argument block definition";
  const token = parser.peek();
  const place = { subject: token.range };
  switch (token.type) {
    case "Comma":
      parser.report(
        summary,
        "Single-line block syntax can include only one argument definition. To define multiple arguments, use the multi-line block syntax with one argument definition per line.",
        place,
      );
      return;
    case "Newline":
      parser.report(
        summary,
        "An argument definition on the same line as its containing block creates a single-line block definition, which must also be closed on the same line. Place the block's closing brace immediately after the argument definition.",
        place,
      );
      return;
    case "EOF":
      parser.complain("Unclosed configuration block", UNCLOSED, {
        subject: openBrace.range,
        context: rangeBetween(type.range, openBrace.range),
      });
      return;
    default:
      parser.complain(
        summary,
        "A single-line block definition must end with a closing brace immediately after its single argument definition.",
        place,
      );
      return;
  }
}

function parseBlockEnd(parser: Parser, type: SeenToken): void {
  const end = parser.peek();
  if (end.type === "Newline" || end.type === "EOF") {
    parser.read();
    return;
  }
  parser.complain("Missing newline after block definition", "A block definition must end with a newline.", {
    subject: end.range,
    context: rangeBetween(type.range, end.range),
  });
  parser.recoverAfterBodyItem();
}
