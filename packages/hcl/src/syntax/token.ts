import type { Position, SourceRange } from "../diagnostics/source-range.ts";

/** The kinds of tokens; the names are HCL's. */
export type TokenType =
  | "OBrace"
  | "CBrace"
  | "OBrack"
  | "CBrack"
  | "OParen"
  | "CParen"
  | "OQuote"
  | "CQuote"
  | "OHeredoc"
  | "CHeredoc"
  | "Star"
  | "Slash"
  | "Plus"
  | "Minus"
  | "Percent"
  | "Equal"
  | "EqualOp"
  | "NotEqual"
  | "LessThan"
  | "LessThanEq"
  | "GreaterThan"
  | "GreaterThanEq"
  | "And"
  | "Or"
  | "Bang"
  | "Dot"
  | "Comma"
  | "DoubleColon"
  | "Ellipsis"
  | "FatArrow"
  | "Question"
  | "Colon"
  | "TemplateInterp"
  | "TemplateControl"
  | "TemplateSeqEnd"
  | "QuotedLit"
  | "StringLit"
  | "NumberLit"
  | "Ident"
  | "Comment"
  | "Newline"
  | "EOF"
  | "BitwiseAnd"
  | "BitwiseOr"
  | "BitwiseNot"
  | "BitwiseXor"
  | "Backtick"
  | "Apostrophe"
  | "Semicolon"
  | "Invalid"
  | "BadUTF8"
  | "QuotedNewline";

/** A file, or a text inside of one, that is scanned. */
export interface TokenSource {
  readonly filename: string;
  /** Without a byte order mark. */
  readonly bytes: Buffer;
  /** Where `bytes` begins in the file. */
  readonly baseByte: number;
}

/** The smallest part of a source. Its text and range are made on demand: a large file has very many tokens. */
export class Token {
  readonly type: TokenType;
  readonly source: TokenSource;
  readonly start: Position;
  readonly end: Position;
  #range: SourceRange | undefined;
  #text: string | undefined;

  constructor(type: TokenType, source: TokenSource, span: { start: Position; end: Position }) {
    this.type = type;
    this.source = source;
    this.start = span.start;
    this.end = span.end;
  }

  get range(): SourceRange {
    this.#range ??= { filename: this.source.filename, start: this.start, end: this.end };
    return this.#range;
  }

  get text(): string {
    const { bytes, baseByte } = this.source;
    this.#text ??= bytes.toString("utf8", this.start.byte - baseByte, this.end.byte - baseByte);
    return this.#text;
  }
}
