import type { SourceRange } from "../diagnostics/source-range.ts";
import { graphemes } from "./graphemes.ts";
import type { ExpressionNode } from "./tree.ts";

/** Text as it is written, with its escapes resolved. */
export interface LiteralPart {
  readonly kind: "literal";
  text: string;
  range: SourceRange;
}

/** `%{ else }`, `%{ endif }` or `%{ endfor }`. */
export interface ClosingPart {
  readonly kind: "closing";
  readonly name: "else" | "endif" | "endfor";
  readonly range: SourceRange;
}

/** `%{ if condition }`. */
export interface IfPart {
  readonly kind: "if";
  readonly condition: ExpressionNode;
  readonly range: SourceRange;
}

/** `%{ for key, value in collection }`. */
export interface ForPart {
  readonly kind: "for";
  readonly keyName: string | undefined;
  readonly valueName: string;
  readonly collection: ExpressionNode;
  readonly range: SourceRange;
}

/** A template in one row, before its directives are matched. The last part is always the `end`. */
export type TemplatePart =
  | LiteralPart
  | { readonly kind: "interpolation"; readonly node: ExpressionNode; readonly range: SourceRange }
  | IfPart
  | ForPart
  | ClosingPart
  | { readonly kind: "end"; readonly range: SourceRange };

// White space as Go's unicode.IsSpace has it.
const LEADING = /^(?:[^\S\ufeff]|\u0085)+/;
const TRAILING = /(?:[^\S\ufeff]|\u0085)+$/;

/** The text without the white space at its beginning, as `~}` in front of it asks for. */
export function trimStart(text: string): string {
  return text.replace(LEADING, "");
}

/** The text without the white space at its end, as `${~` or `%{~` behind it asks for. */
export function trimEnd(text: string): string {
  // The engine would try the pattern at every space of the text.
  const last = text.length - 1;
  return last >= 0 && TRAILING.test(text.charAt(last)) ? text.slice(0, endOfText(text)) : text;
}

function endOfText(text: string): number {
  let end = text.length;
  while (end > 0 && TRAILING.test(text.charAt(end - 1))) end--;
  return end;
}

/**
 * Takes the indentation that all lines of a `<<-` heredoc share off the literals at the beginnings of lines:
 * hclsyntax's `flushHeredocTemplateParts`. Results of interpolations do not count, blank lines neither.
 */
export function removeIndentation(parts: readonly TemplatePart[]): void {
  const indented: LiteralPart[] = [];
  let shared = Number.POSITIVE_INFINITY;
  let atLineStart = true;
  for (const part of parts) {
    if (part.kind === "end" && atLineStart) break;
    if (atLineStart && !isBlankLine(part)) {
      shared = Math.min(shared, indentationOf(part));
      if (part.kind === "literal") indented.push(part);
    }
    atLineStart = part.kind === "literal" && part.text.endsWith("\n");
  }
  for (const part of indented) outdent(part, shared);
}

function isBlankLine(part: TemplatePart): boolean {
  return part.kind === "literal" && part.text.endsWith("\n") && trimStart(part.text) === "";
}

function indentationOf(part: TemplatePart): number {
  return part.kind === "literal" ? [...leadingSpaces(part.text)].length : 0;
}

function leadingSpaces(text: string): Generator<string> {
  return graphemes(LEADING.exec(text)?.[0] ?? "");
}

function outdent(part: LiteralPart, columns: number): void {
  const removed = [...leadingSpaces(part.text)].slice(0, columns).join("");
  const { start, ...rest } = part.range;
  const byte = start.byte + Buffer.byteLength(removed);
  part.text = part.text.slice(removed.length);
  part.range = { ...rest, start: { line: start.line, column: start.column + columns, byte } };
}

/** Joins literals that follow one another. */
export function joinLiterals(parts: readonly TemplatePart[]): TemplatePart[] {
  const joined: TemplatePart[] = [];
  let texts: string[] = [];
  for (const part of parts) {
    const last = joined[joined.length - 1];
    if (part.kind === "literal" && last?.kind === "literal") {
      texts.push(part.text);
      last.range = { ...last.range, end: part.range.end };
      continue;
    }
    closeLiteral(last, texts);
    joined.push(part);
    texts = part.kind === "literal" ? [part.text] : [];
  }
  return joined;
}

function closeLiteral(part: TemplatePart | undefined, texts: readonly string[]): void {
  if (part?.kind === "literal") part.text = texts.join("");
}
