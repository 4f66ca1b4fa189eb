import type { Mark } from "./node.ts";

/** Character codes that YAML gives a meaning. */
export const CODE = {
  tab: 0x09,
  lineFeed: 0x0a,
  carriageReturn: 0x0d,
  space: 0x20,
  bang: 0x21,
  doubleQuote: 0x22,
  hash: 0x23,
  percent: 0x25,
  ampersand: 0x26,
  singleQuote: 0x27,
  star: 0x2a,
  plus: 0x2b,
  comma: 0x2c,
  dash: 0x2d,
  dot: 0x2e,
  zero: 0x30,
  nine: 0x39,
  colon: 0x3a,
  less: 0x3c,
  greater: 0x3e,
  question: 0x3f,
  at: 0x40,
  openBracket: 0x5b,
  backslash: 0x5c,
  closeBracket: 0x5d,
  backquote: 0x60,
  openBrace: 0x7b,
  bar: 0x7c,
  closeBrace: 0x7d,
  nextLine: 0x85,
  lineSeparator: 0x2028,
  paragraphSeparator: 0x2029,
  byteOrderMark: 0xfeff,
} as const;

/** Walks a text character by character and knows line and column. The end reads as code 0. */
export class Cursor {
  readonly text: string;
  position = 0;
  line = 0;
  column = 0;

  constructor(text: string) {
    this.text = text;
  }

  get mark(): Mark {
    return { line: this.line, column: this.column };
  }

  /** The UTF-16 code `offset` places ahead, 0 behind the end. */
  peek(offset = 0): number {
    const index = this.position + offset;
    return index < this.text.length ? this.text.charCodeAt(index) : 0;
  }

  /** Steps over one character that is not a line break. */
  skip(): void {
    const code = this.text.charCodeAt(this.position);
    this.position += code >= 0xd800 && code < 0xdc00 ? 2 : 1;
    this.column += 1;
  }

  /** Reads one character that is not a line break. */
  read(): string {
    const start = this.position;
    this.skip();
    return this.text.slice(start, this.position);
  }

  /** Reads a line break; CRLF, CR and NEL are read as a line feed. Empty when there is none. */
  readBreak(): string {
    const code = this.peek();
    if (!isBreak(code)) return "";
    this.position += code === CODE.carriageReturn && this.peek(1) === CODE.lineFeed ? 2 : 1;
    this.line += 1;
    this.column = 0;
    return code === CODE.lineSeparator || code === CODE.paragraphSeparator ? String.fromCharCode(code) : "\n";
  }

  /** Whether `---` or `...` stands alone at the start of this line. */
  isDocumentIndicator(): boolean {
    if (this.column !== 0) return false;
    const code = this.peek();
    if (code !== CODE.dash && code !== CODE.dot) return false;
    return this.peek(1) === code && this.peek(2) === code && isBlankOrEnd(this.peek(3));
  }
}

/** A space or a tab. */
export function isBlank(code: number): boolean {
  return code === CODE.space || code === CODE.tab;
}

/** A line break of YAML 1.1. */
export function isBreak(code: number): boolean {
  return (
    code === CODE.lineFeed ||
    code === CODE.carriageReturn ||
    code === CODE.nextLine ||
    code === CODE.lineSeparator ||
    code === CODE.paragraphSeparator
  );
}

/** A line break or the end of the text. */
export function isBreakOrEnd(code: number): boolean {
  return code === 0 || isBreak(code);
}

/** A blank, a line break or the end of the text. */
export function isBlankOrEnd(code: number): boolean {
  return isBlank(code) || isBreakOrEnd(code);
}

/** A decimal digit. */
export function isDigit(code: number): boolean {
  return code >= CODE.zero && code <= CODE.nine;
}

/** A letter, a digit, `_` or `-`. */
export function isWord(code: number): boolean {
  return (
    isDigit(code) ||
    (code >= 0x41 && code <= 0x5a) ||
    (code >= 0x61 && code <= 0x7a) ||
    code === 0x5f ||
    code === CODE.dash
  );
}

/** One of `[ ] { } ,`. */
export function isFlowIndicator(code: number): boolean {
  return (
    code === CODE.openBracket ||
    code === CODE.closeBracket ||
    code === CODE.openBrace ||
    code === CODE.closeBrace ||
    code === CODE.comma
  );
}
