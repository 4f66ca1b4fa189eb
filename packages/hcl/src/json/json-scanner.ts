import { initialPosition, type Position, type SourceRange } from "../diagnostics/source-range.ts";
import { graphemes } from "../syntax/graphemes.ts";

/** Symbols stand for themselves. */
export type JsonTokenType =
  | "{"
  | "}"
  | "["
  | "]"
  | ","
  | ":"
  | "="
  | "keyword"
  | "string"
  | "number"
  | "invalid"
  | "eof";

/** The smallest part of a JSON text. */
export interface JsonToken {
  readonly type: JsonTokenType;
  readonly text: string;
  readonly range: SourceRange;
}

const SYMBOLS: ReadonlySet<string> = new Set(["{", "}", "[", "]", ",", ":", "="]);
const SPACE = /[ \t\r\n]*/y;
const NUMBER = /[-+.0-9][-+.eE0-9]*/y;
const KEYWORD = /[A-Za-z][A-Za-z_]*/y;
// A backslash takes the character behind it along; a control character ends the string.
// biome-ignore lint/suspicious/noControlCharactersInRegex: JSON's rule
const STRING = /"(?:[^\\"\u0000-\u001f]|\\(?![\u0000-\u001f])[\s\S]|\\)*"?/y;

/** Splits JSON into tokens: HCL's `json/scanner.go`. Ends at the first character that nothing begins with. */
export function scanJson(text: string, filename: string): JsonToken[] {
  const scanner = new JsonScanner(text, filename);
  const tokens: JsonToken[] = [];
  for (;;) {
    const token = scanner.next();
    tokens.push(token);
    if (token.type === "invalid") tokens.push(scanner.end());
    if (token.type === "invalid" || token.type === "eof") return tokens;
  }
}

class JsonScanner {
  readonly #text: string;
  readonly #filename: string;
  #at = 0;
  #position: Position = initialPosition;

  constructor(text: string, filename: string) {
    this.#text = text;
    this.#filename = filename;
  }

  next(): JsonToken {
    this.#skipSpace();
    const first = this.#text.charAt(this.#at);
    if (first === "") return this.end();
    if (SYMBOLS.has(first)) return this.#take(first as JsonTokenType, first);
    if (first === '"') return this.#take("string", this.#match(STRING));
    const number = this.#match(NUMBER);
    if (number !== "") return this.#take("number", number);
    const keyword = this.#match(KEYWORD);
    if (keyword !== "") return this.#take("keyword", keyword);
    return this.#invalid(first);
  }

  end(): JsonToken {
    return { type: "eof", text: "", range: this.#range(this.#position) };
  }

  #match(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    return pattern.exec(this.#text)?.[0] ?? "";
  }

  #range(start: Position): SourceRange {
    return { filename: this.#filename, start, end: this.#position };
  }

  #take(type: JsonTokenType, text: string): JsonToken {
    const start = this.#position;
    this.#at += text.length;
    const isAscii = Buffer.byteLength(text) === text.length;
    const columns = isAscii ? text.length : columnsOf(text);
    this.#position = { line: start.line, column: start.column + columns, byte: start.byte + Buffer.byteLength(text) };
    return { type, text, range: this.#range(start) };
  }

  // HCL takes one byte only of a character that does not belong here.
  #invalid(text: string): JsonToken {
    const start = this.#position;
    this.#position = { line: start.line, column: start.column + 1, byte: start.byte + 1 };
    return { type: "invalid", text, range: this.#range(start) };
  }

  // HCL counts a tab as two columns and a carriage return as none.
  #skipSpace(): void {
    const space = this.#match(SPACE);
    if (space === "") return;
    let { line, column } = this.#position;
    for (const character of space) {
      if (character === "\n") {
        line++;
        column = 1;
      } else {
        column += character === " " ? 1 : character === "\t" ? 2 : 0;
      }
    }
    this.#at += space.length;
    this.#position = { line, column, byte: this.#position.byte + space.length };
  }
}

// Quotes and backslashes count one each, whatever follows them.
function columnsOf(text: string): number {
  let columns = 0;
  for (const part of text.split(/(["\\])/)) {
    columns += part === '"' || part === "\\" ? 1 : [...graphemes(part)].length;
  }
  return columns;
}
