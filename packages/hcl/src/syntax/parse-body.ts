import { quote } from "../diagnostics/quote.ts";
import { formatRange, rangeBetween, type SourceRange } from "../diagnostics/source-range.ts";
import { parseBlock } from "./parse-block.ts";
import type { Parser, SeenToken } from "./parser.ts";
import type { AttributeNode, BlockNode, BodyNode } from "./tree.ts";

const ITEM_REQUIRED = "Argument or block definition required";

/** The content of a file (`end` is `EOF`) or of a block (`CBrace`): hclsyntax's `ParseBody`. */
export function parseBody(parser: Parser, end: "EOF" | "CBrace"): BodyNode {
  const attributes = new Map<string, AttributeNode>();
  const blocks: BlockNode[] = [];
  const startRange = parser.previousRange();
  for (;;) {
    const next = parser.peek();
    if (next.type === end) {
      parser.read();
      return { attributes, blocks, range: rangeBetween(startRange, next.range) };
    }
    if (next.type === "Newline") parser.read();
    else if (next.type === "Ident") parseItem(parser, attributes, blocks);
    else {
      complainAboutItem(parser, parser.read(), { end, startRange });
      const endRange = parser.previousRange();
      parser.recover(end);
      return { attributes, blocks, range: rangeBetween(startRange, endRange) };
    }
  }
}

function complainAboutItem(parser: Parser, bad: SeenToken, body: { end: string; startRange: SourceRange }): void {
  if (bad.type === "OQuote") {
    parser.complain("Invalid argument name", "Argument names must not be quoted.", { subject: bad.range });
    return;
  }
  if (bad.type === "EOF") {
    complainAboutEnd(parser, body);
    return;
  }
  parser.complain(ITEM_REQUIRED, "An argument or block definition is required here.", { subject: bad.range });
}

function complainAboutEnd(parser: Parser, { startRange }: { startRange: SourceRange }): void {
  parser.complain(
    "Unclosed configuration block",
    "There is no closing brace for this block before the end of the file. This may be caused by incorrect brace nesting elsewhere in this file.",
    { subject: startRange },
  );
}

function parseItem(parser: Parser, attributes: Map<string, AttributeNode>, blocks: BlockNode[]): void {
  const name = parser.read();
  switch (parser.peek().type) {
    case "Equal":
      addAttribute(parser, attributes, parseAttribute(parser, name));
      return;
    case "OQuote":
    case "OBrace":
    case "Ident": {
      const block = parseBlock(parser, name, { body: parseBody, singleAttribute: parseSingleAttributeBody });
      blocks.push(block);
      return;
    }
    default:
      rejectItem(parser, name);
      return;
  }
}

function rejectItem(parser: Parser, name: SeenToken): void {
  parser.recoverAfterBodyItem();
  parser.report(
    ITEM_REQUIRED,
    'An argument or block definition is required here. To set an argument, use the equals sign "=" to introduce the argument value.',
    { subject: name.range },
  );
}

function addAttribute(parser: Parser, attributes: Map<string, AttributeNode>, attribute: AttributeNode): void {
  const existing = attributes.get(attribute.name);
  if (existing === undefined) {
    attributes.set(attribute.name, attribute);
    return;
  }
  parser.report(
    "Attribute redefined",
    `The argument ${quote(attribute.name)} was already set at ${formatRange(existing.nameRange)}. Each argument may be set only once.`,
    { subject: attribute.nameRange },
  );
}

function parseAttribute(parser: Parser, name: SeenToken, singleLine = false): AttributeNode {
  parser.read();
  const { node, lost } = parser.attemptExpression();
  const endRange = parser.previousRange();
  if (lost) parser.recoverAfterBodyItem();
  else if (!singleLine) parseLineEnd(parser, name);
  return { name: name.text, expression: node, nameRange: name.range, range: rangeBetween(name.range, endRange) };
}

function parseLineEnd(parser: Parser, name: SeenToken): void {
  const end = parser.peek();
  if (end.type === "Newline" || end.type === "EOF") {
    parser.read();
    return;
  }
  const place = { subject: end.range, context: rangeBetween(name.range, end.range) };
  const rule = "An argument definition must end with a newline.";
  if (end.type === "Comma") {
    const detail = `Argument definitions must be separated by newlines, not commas. ${rule}`;
    parser.complain("Unexpected comma after argument", detail, place);
  } else {
    parser.complain("Missing newline after argument", rule, place);
  }
  parser.recoverAfterBodyItem();
}

// The body of a block on one line: `name { attribute = value }`. Nothing when there is no attribute.
function parseSingleAttributeBody(parser: Parser): BodyNode | undefined {
  const name = parser.read();
  if (name.type !== "Ident") {
    parser.recoverAfterBodyItem();
    parser.report(ITEM_REQUIRED, "An argument or block definition is required here.", { subject: name.range });
    return undefined;
  }
  const next = parser.peek();
  if (next.type === "Equal") {
    const attribute = parseAttribute(parser, name, true);
    return { attributes: new Map([[attribute.name, attribute]]), blocks: [], range: attribute.range };
  }
  if (next.type !== "OQuote" && next.type !== "OBrace" && next.type !== "Ident") {
    rejectItem(parser, name);
    return undefined;
  }
  parser.recoverAfterBodyItem();
  parser.report(
    "Argument definition required",
    `A single-line block definition can contain only a single argument. If you meant to define argument ${quote(name.text)}, use an equals sign to assign it a value. To define a nested block, place it on a line of its own within its parent block.`,
    { subject: rangeBetween(name.range, next.range) },
  );
  return undefined;
}
