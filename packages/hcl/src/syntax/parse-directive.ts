import { quote } from "../diagnostics/quote.ts";
import { rangeBetween, type SourceRange } from "../diagnostics/source-range.ts";
import { suggestName } from "../diagnostics/suggest-name.ts";
import type { Parser, SeenToken } from "./parser.ts";
import type { TemplatePart } from "./template-parts.ts";

const KEYWORDS = ["if", "for", "else", "endif", "endfor"];

interface Directive {
  /** Absent when it was refused. */
  readonly part: TemplatePart | undefined;
  /** It ends with `~}`. */
  readonly trimNext: boolean;
}

const REFUSED: Directive = { part: undefined, trimNext: false };

/** What follows `%{`, with its closing brace. */
export function parseDirective(
  parser: Parser,
  { open, startRange }: { open: SeenToken; startRange: SourceRange },
): Directive {
  const keyword = parser.peek();
  if (keyword.type !== "Ident") {
    parser.complain(
      "Invalid template directive",
      'A template directive keyword ("if", "for", etc) is expected at the beginning of a %{ sequence.',
      { subject: keyword.range, context: rangeBetween(open.range, keyword.range) },
    );
    parser.recover("TemplateSeqEnd");
    return REFUSED;
  }
  parser.read();
  const part = parseContent(parser, open, keyword);
  if (part === undefined) {
    parser.recover("TemplateSeqEnd");
    return REFUSED;
  }
  return { part, trimNext: parseEnd(parser, keyword, startRange) };
}

function parseContent(parser: Parser, open: SeenToken, keyword: SeenToken): TemplatePart | undefined {
  const name = keyword.text;
  switch (name) {
    case "if": {
      const condition = parser.parseExpression(parser);
      return { kind: "if", condition, range: rangeBetween(open.range, parser.peek().range) };
    }
    case "else":
    case "endif":
    case "endfor":
      return { kind: "closing", name, range: rangeBetween(open.range, parser.peek().range) };
    case "for":
      return parseFor(parser, open);
    default:
      complainAboutKeyword(parser, open, keyword);
      return undefined;
  }
}

function complainAboutKeyword(parser: Parser, open: SeenToken, keyword: SeenToken): void {
  const suggestion = suggestName(keyword.text, KEYWORDS);
  const hint = suggestion === undefined ? "" : ` Did you mean ${quote(suggestion)}?`;
  parser.complain(
    "Invalid template control keyword",
    `${quote(keyword.text)} is not a valid template control keyword.${hint}`,
    { subject: keyword.range, context: rangeBetween(open.range, keyword.range) },
  );
}

function parseFor(parser: Parser, open: SeenToken): TemplatePart | undefined {
  if (!expectIdent(parser, "For directive requires variable name after 'for'.")) return undefined;
  let valueName = parser.read().text;
  let keyName: string | undefined;
  if (parser.peek().type === "Comma") {
    parser.read();
    keyName = valueName;
    if (!expectIdent(parser, "For directive requires value variable name after comma.")) return undefined;
    valueName = parser.read().text;
  }
  if (!parser.isKeyword("in")) {
    complainAboutFor(parser, "For directive requires 'in' keyword after names.");
    return undefined;
  }
  parser.read();
  const collection = parser.parseExpression(parser);
  return { kind: "for", keyName, valueName, collection, range: rangeBetween(open.range, parser.peek().range) };
}

function expectIdent(parser: Parser, otherwise: string): boolean {
  if (parser.peek().type === "Ident") return true;
  complainAboutFor(parser, otherwise);
  return false;
}

function complainAboutFor(parser: Parser, detail: string): void {
  parser.complain("Invalid 'for' directive", detail, { subject: parser.peek().range });
}

/** @returns whether it is `~}` */
function parseEnd(parser: Parser, keyword: SeenToken, startRange: SourceRange): boolean {
  const close = parser.peek();
  if (close.type === "TemplateSeqEnd") return parser.read().text.startsWith("~");
  parser.complain(
    `Extra characters in ${keyword.text} marker`,
    "Expected a closing brace to end the sequence, but found extra characters.",
    { subject: close.range, context: rangeBetween(startRange, close.range) },
  );
  parser.recover("TemplateSeqEnd");
  return false;
}
