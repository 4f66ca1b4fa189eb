import { initialPosition, type Position } from "../diagnostics/source-range.ts";
import { advance } from "./graphemes.ts";
import { Token, type TokenSource, type TokenType } from "./token.ts";

/** Which rules apply: code, a quoted string, a heredoc, or a text that is a template as a whole. */
export type ScanMode = "main" | "string" | "heredoc" | "bare";

interface HeredocInProgress {
  readonly marker: string;
  startOfLine: boolean;
}

/** Where a scan is: the part of its state that all modes share. */
export class Scanner {
  readonly bytes: Buffer;
  readonly tokens: Token[] = [];
  readonly heredocs: HeredocInProgress[] = [];
  /** The next byte to look at. */
  at = 0;
  readonly #source: TokenSource;
  readonly #modes: ScanMode[];
  /** The brace depths at which a closing brace ends a template sequence. */
  readonly #sequenceDepths: number[] = [];
  #braces = 0;
  #position: Position;
  #knownToLackCommentEnd = false;

  constructor(source: TokenSource, mode: ScanMode, start: Position = initialPosition) {
    this.bytes = source.bytes;
    this.#source = source;
    this.#modes = [mode];
    this.#position = start;
  }

  get mode(): ScanMode {
    return this.#modes[this.#modes.length - 1] ?? "main";
  }

  /** Whether no template or string is open around the place. */
  get isOutermost(): boolean {
    return this.#modes.length === 1;
  }

  /** Adds the token from here to `end` and goes there. */
  emit(type: TokenType, end: number): void {
    const skipped = this.at + this.#source.baseByte - this.#position.byte;
    // Only spaces and tabs lie between tokens, so columns and bytes are the same there.
    const start =
      skipped === 0
        ? this.#position
        : { line: this.#position.line, column: this.#position.column + skipped, byte: this.#position.byte + skipped };
    this.#position = advance(start, this.bytes, { from: this.at, to: end });
    this.tokens.push(new Token(type, this.#source, { start, end: this.#position }));
    this.at = end;
  }

  enter(mode: ScanMode): void {
    this.#modes.push(mode);
  }

  leave(): void {
    this.#modes.pop();
  }

  /** Emits `${`, `%{` or one of them with `~`, and goes on in code. */
  openSequence(type: "TemplateInterp" | "TemplateControl", end: number): void {
    this.emit(type, end);
    this.#braces++;
    this.#sequenceDepths.push(this.#braces);
    this.setStartOfLine(false);
    this.enter("main");
  }

  openBrace(): void {
    this.emit("OBrace", this.at + 1);
    this.#braces++;
  }

  /** Emits `}` or `~}`, which ends a template sequence when the braces inside of it are balanced. */
  closeBrace(end: number): void {
    const endsSequence = this.#sequenceDepths[this.#sequenceDepths.length - 1] === this.#braces;
    this.emit(endsSequence || end - this.at === 2 ? "TemplateSeqEnd" : "CBrace", end);
    this.#braces--;
    if (!endsSequence) return;
    this.#sequenceDepths.pop();
    this.leave();
  }

  setStartOfLine(value: boolean): void {
    const heredoc = this.heredocs[this.heredocs.length - 1];
    if (heredoc !== undefined) heredoc.startOfLine = value;
  }

  /** Where the block comment that begins here ends, or undefined when it is never closed. */
  blockCommentEnd(): number | undefined {
    // Remembered, or a file of nothing but openings would be searched to its end once for each of them.
    if (this.#knownToLackCommentEnd) return undefined;
    const end = this.bytes.indexOf("*/", this.at + 2);
    if (end >= 0) return end + 2;
    this.#knownToLackCommentEnd = true;
    return undefined;
  }
}
