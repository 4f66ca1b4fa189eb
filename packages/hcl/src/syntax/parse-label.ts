import { append } from "../diagnostics/append.ts";
import { quote } from "../diagnostics/quote.ts";
import { rangeBetween, type SourceRange } from "../diagnostics/source-range.ts";
import type { Parser, SeenToken } from "./parser.ts";
import { unescapeQuoted } from "./string-literal.ts";

const INVALID = "Invalid string literal";

/** A quoted string in which no templates are allowed, such as the label of a block: `parseQuotedStringLiteral`. */
export function parseQuotedLabel(parser: Parser): { readonly text: string; readonly range: SourceRange } {
  const open = parser.read();
  let text = "";
  for (;;) {
    const token = parser.read();
    const place = { subject: token.range, context: rangeBetween(open.range, token.range) };
    switch (token.type) {
      case "CQuote":
        return { text, range: place.context };
      case "QuotedLit":
        text += parseQuotedLit(parser, token);
        break;
      case "TemplateControl":
      case "TemplateInterp":
        text += rejectTemplate(parser, token, place);
        break;
      case "EOF":
        parser.report(
          "Unterminated string literal",
          "Unable to find the closing quote mark before the end of the file.",
          place,
        );
        return { text, range: place.context };
      default:
        parser.report(INVALID, "This item is not valid in a string literal.", place);
        parser.recover("CQuote");
        return { text, range: place.context };
    }
  }
}

function parseQuotedLit(parser: Parser, token: SeenToken): string {
  const literal = unescapeQuoted(token);
  append(parser.diagnostics, literal.diagnostics);
  return literal.text;
}

function rejectTemplate(
  parser: Parser,
  token: SeenToken,
  place: { subject: SourceRange; context: SourceRange },
): string {
  const sign = token.type === "TemplateControl" ? "%" : "$";
  parser.report(
    INVALID,
    `Template sequences are not allowed in this string. To include a literal ${quote(sign)}, double it (as "${sign}${sign}") to escape it.`,
    place,
  );
  parser.recover("TemplateSeqEnd");
  return `${sign}{ ... }`;
}
