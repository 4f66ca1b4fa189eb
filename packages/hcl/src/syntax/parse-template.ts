import { append } from "../diagnostics/append.ts";
import { rangeAt, rangeBetween, type SourceRange } from "../diagnostics/source-range.ts";
import { parseDirective } from "./parse-directive.ts";
import type { Parser, SeenToken } from "./parser.ts";
import { unescapeQuoted, unescapeUnquoted } from "./string-literal.ts";
import { joinLiterals, removeIndentation, type TemplatePart, trimEnd, trimStart } from "./template-parts.ts";
import { buildTemplate } from "./template-tree.ts";
import type { TokenType } from "./token.ts";
import type { ExpressionNode } from "./tree.ts";

/** What is between the marks of a template. */
export interface ParsedTemplate {
  readonly parts: readonly ExpressionNode[];
  /** The template is only one interpolation, so its value is not made a string. */
  readonly isWrapped: boolean;
  readonly range: SourceRange;
}

/** A template up to the token `end`, which is read too: hclsyntax's `parseTemplateInner`. */
export function parseTemplate(parser: Parser, end: TokenType, flush: boolean): ParsedTemplate {
  const { parts, range } = parseParts(parser, end);
  if (flush) removeIndentation(parts);
  const joined = joinLiterals(parts);
  const isWrapped = joined.length === 2 && joined[0]?.kind === "interpolation";
  return { parts: buildTemplate(parser, joined), isWrapped, range };
}

interface PartsInProgress {
  readonly parts: TemplatePart[];
  readonly startRange: SourceRange;
  /** The last sequence ended with `~}`. */
  trimNext: boolean;
}

function parseParts(parser: Parser, end: TokenType): { parts: TemplatePart[]; range: SourceRange } {
  const state: PartsInProgress = { parts: [], startRange: parser.peek().range, trimNext: false };
  const endRange = parsePartsUntil(parser, state, end);
  const { parts, startRange } = state;
  // A template without any part is an empty string.
  if (parts.length === 0) {
    parts.push({ kind: "literal", text: "", range: rangeAt(startRange.filename, startRange.end) });
  }
  parts.push({ kind: "end", range: endRange });
  return { parts, range: rangeBetween(startRange, endRange) };
}

function parsePartsUntil(parser: Parser, state: PartsInProgress, end: TokenType): SourceRange {
  for (;;) {
    const next = parser.read();
    if (next.type === end) return next.range;
    const trim = state.trimNext;
    state.trimNext = false;
    switch (next.type) {
      case "StringLit":
      case "QuotedLit":
        parseLiteral(parser, state, { token: next, trim });
        break;
      case "TemplateInterp":
      case "TemplateControl":
        trimBefore(state, next);
        parser.withNewlines(false, () => parseSequence(parser, state, { open: next, end }));
        break;
      default:
        parser.complain("Unterminated template string", "No closing marker was found for the string.", {
          subject: next.range,
          context: rangeBetween(state.startRange, next.range),
        });
        return parser.recover(end).range;
    }
  }
}

function parseLiteral(
  parser: Parser,
  { parts }: PartsInProgress,
  { token, trim }: { token: SeenToken; trim: boolean },
): void {
  let text: string;
  if (token.type === "QuotedLit") {
    const literal = unescapeQuoted(token);
    append(parser.diagnostics, literal.diagnostics);
    text = literal.text;
  } else {
    text = unescapeUnquoted(token.text);
  }
  parts.push({ kind: "literal", text: trim ? trimStart(text) : text, range: token.range });
}

function trimBefore({ parts }: PartsInProgress, open: SeenToken): void {
  const last = parts[parts.length - 1];
  if (open.text.endsWith("~") && last?.kind === "literal") last.text = trimEnd(last.text);
}

function parseSequence(
  parser: Parser,
  state: PartsInProgress,
  { open, end }: { open: SeenToken; end: TokenType },
): void {
  if (open.type === "TemplateInterp") {
    state.trimNext = parseInterpolation(parser, state, { open, end });
    return;
  }
  const directive = parseDirective(parser, { open, startRange: state.startRange });
  state.trimNext = directive.trimNext;
  if (directive.part !== undefined) state.parts.push(directive.part);
}

/** @returns whether it ends with `~}` */
function parseInterpolation(
  parser: Parser,
  { parts, startRange }: PartsInProgress,
  { open, end }: { open: SeenToken; end: TokenType },
): boolean {
  const node = parser.parseExpression(parser);
  const close = parser.peek();
  const isClosed = close.type === "TemplateSeqEnd";
  if (isClosed) {
    parser.read();
  } else {
    complainAboutInterpolation(parser, close, { startRange, end });
    parser.recover("TemplateSeqEnd");
  }
  parts.push({ kind: "interpolation", node, range: rangeBetween(open.range, close.range) });
  return isClosed && close.text.startsWith("~");
}

function complainAboutInterpolation(
  parser: Parser,
  close: SeenToken,
  { startRange, end }: { startRange: SourceRange; end: TokenType },
): void {
  const unclosed = "Unclosed template interpolation sequence";
  const extra = "Extra characters after interpolation expression";
  const place = { subject: close.range, context: rangeBetween(startRange, close.range) };
  if (close.type === "EOF") {
    const detail =
      "There is no closing brace for this interpolation sequence before the end of the file. This might be caused by incorrect nesting inside the given expression.";
    parser.complain(unclosed, detail, { subject: startRange });
    return;
  }
  if (close.type === "Colon") {
    const detail =
      'Template interpolation doesn\'t expect a colon at this location. Did you intend this to be a literal sequence to be processed as part of another language? If so, you can escape it by starting with "$${" instead of just "${".';
    parser.complain(extra, detail, place);
    return;
  }
  if (end === "CQuote" && (close.type === "CQuote" || close.type === "OQuote")) {
    const detail =
      "There is no closing brace for this interpolation sequence before the end of the quoted template. This might be caused by incorrect nesting inside the given expression.";
    parser.complain(unclosed, detail, { subject: startRange });
    return;
  }
  const detail =
    'Expected a closing brace to end the interpolation expression, but found extra characters.\n\nThis can happen when you include interpolation syntax for another language, such as shell scripting, but forget to escape the interpolation start token. If this is an embedded sequence for another language, escape it by starting with "$${" instead of just "${".';
  parser.complain(extra, detail, place);
}
