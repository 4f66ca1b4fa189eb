import { type Diagnostic, errorDiagnostic } from "../diagnostics/diagnostic.ts";
import { quote } from "../diagnostics/quote.ts";
import type { Position, SourceRange } from "../diagnostics/source-range.ts";
import { graphemes } from "./graphemes.ts";

/** The text that a literal token stands for, and what is wrong with its escapes. */
export interface StringLiteral {
  readonly text: string;
  readonly diagnostics: readonly Diagnostic[];
}

const QUOTED = /\\(?:u[0-9A-Fa-f]{0,4}|U[0-9A-Fa-f]{0,8}|[^Uu]?)|\$\$\{|%%\{/gsu;
const UNQUOTED = /\$\$\{|%%\{/g;

const SIMPLE: ReadonlyMap<string, string> = new Map([
  ["\\n", "\n"],
  ["\\r", "\r"],
  ["\\t", "\t"],
  ['\\"', '"'],
  ["\\\\", "\\"],
  ["$${", "${"],
  ["%%{", "%{"],
]);

/** Resolves the escapes of a quoted string's part: hclsyntax's `ParseStringLiteralToken`. */
export function unescapeQuoted(token: { readonly text: string; readonly range: SourceRange }): StringLiteral {
  const source = token.text;
  if (!/[\\$%]/.test(source)) return { text: source, diagnostics: [] };
  const diagnostics: Diagnostic[] = [];
  // Positions are followed from escape to escape, since a long string can have very many.
  let seen = { offset: 0, position: token.range.start };
  const text = source.replace(QUOTED, (sequence: string, offset: number) => {
    const simple = SIMPLE.get(sequence);
    if (simple !== undefined) return simple;
    const resolved = resolveEscape(sequence);
    if (resolved.problem === undefined) return resolved.text;
    const start = positionBehind(seen.position, source.slice(seen.offset, offset));
    const end = positionBehind(start, sequence);
    seen = { offset: offset + sequence.length, position: end };
    const subject = { filename: token.range.filename, start, end };
    diagnostics.push(errorDiagnostic("Invalid escape sequence", resolved.problem, { subject }));
    return resolved.text;
  });
  return { text, diagnostics };
}

/** Resolves the escapes of a heredoc's part, which are only those of template sequences. */
export function unescapeUnquoted(text: string): string {
  return text.replace(UNQUOTED, (sequence) => sequence.slice(1));
}

function resolveEscape(sequence: string): { text: string; problem?: string } {
  const selector = sequence[1];
  if (selector === undefined) {
    return { text: sequence, problem: "Backslash must be followed by an escape sequence selector character." };
  }
  if (selector === "u" && sequence.length !== 6) {
    return { text: sequence, problem: "The \\u escape sequence must be followed by four hexadecimal digits." };
  }
  if (selector === "U" && sequence.length !== 10) {
    return { text: sequence, problem: "The \\U escape sequence must be followed by eight hexadecimal digits." };
  }
  if (selector === "u" || selector === "U") return characterOf(sequence);
  const problem = `The symbol ${quote(sequence.slice(1))} is not a valid escape sequence selector.`;
  return { text: sequence.slice(1), problem };
}

function characterOf(sequence: string): { text: string; problem?: string } {
  const code = Number.parseInt(sequence.slice(2), 16);
  const isSurrogate = code >= 0xd800 && code <= 0xdfff;
  if (code <= 0x10ffff && !isSurrogate) return { text: String.fromCodePoint(code) };
  const shown = code.toString(16).padStart(4, "0");
  return { text: sequence, problem: `Cannot encode character U+${shown} in UTF-8.` };
}

function positionBehind(start: Position, text: string): Position {
  let { line, column } = start;
  for (const cluster of graphemes(text)) {
    if (cluster.startsWith("\n") || cluster.startsWith("\r")) {
      line++;
      column = 1;
    } else {
      column++;
    }
  }
  return { line, column, byte: start.byte + Buffer.byteLength(text) };
}
