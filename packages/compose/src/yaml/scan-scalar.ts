import { CODE, type Cursor, isBlank, isBlankOrEnd, isBreak, isBreakOrEnd, isDigit, isFlowIndicator } from "./cursor.ts";
import type { Mark } from "./node.ts";
import { scannerError, type YamlError } from "./yaml-error.ts";

/** Where a scalar stands: the indentation of the block around it, and how many brackets are open. */
export interface ScalarContext {
  readonly indent: number;
  readonly flowLevel: number;
}

/** A scalar's text and where it ended. */
export interface ScannedScalar {
  readonly value: string;
  readonly end: Mark;
  /** Whether the scalar ran over a line break, after which a simple key may start. */
  readonly crossedLine: boolean;
}

/** Joins the lines of a folded text: one break is a space, more are kept but for the first. */
class LineFolder {
  private text = "";
  private blanks = "";
  private leading = "";
  private trailing = "";
  private isFolding = false;

  /** The characters of a line, after whatever separated them from the ones before. */
  add(characters: string): void {
    this.settle();
    this.text += characters;
  }

  addBlank(blank: string): void {
    if (!this.isFolding) this.blanks += blank;
  }

  addBreak(lineBreak: string): void {
    if (this.isFolding) this.trailing += lineBreak;
    else this.leading = lineBreak;
    this.isFolding = true;
    this.blanks = "";
  }

  /** An escaped break: nothing is put in its place. */
  addEscapedBreak(): void {
    this.settle();
    this.isFolding = true;
  }

  get isAtLineStart(): boolean {
    return this.isFolding;
  }

  /** Puts what separated the last characters from the next into the text. */
  settle(): void {
    if (this.isFolding) {
      const isFolded = this.leading === "\n";
      this.text += isFolded ? this.trailing || " " : this.leading + this.trailing;
    } else this.text += this.blanks;
    this.blanks = "";
    this.leading = "";
    this.trailing = "";
    this.isFolding = false;
  }

  get value(): string {
    return this.text;
  }
}

/** Reads an unquoted scalar, over several lines where the indentation allows it. @throws {YamlError} */
export function scanPlainScalar(cursor: Cursor, { indent, flowLevel }: ScalarContext): ScannedScalar {
  const start = cursor.mark;
  const from = cursor.position;
  while (!isBreakOrEnd(cursor.peek()) && !endsPlain(cursor, flowLevel) && !isBlank(cursor.peek())) cursor.skip();
  // Most scalars are one word.
  if (!isBlank(cursor.peek()) && !isBreak(cursor.peek()))
    return { value: cursor.text.slice(from, cursor.position), end: cursor.mark, crossedLine: false };
  const folder = new LineFolder();
  folder.add(cursor.text.slice(from, cursor.position));
  return scanPlainLines(cursor, folder, { start, indent, flowLevel });
}

function scanPlainLines(
  cursor: Cursor,
  folder: LineFolder,
  { start, indent, flowLevel }: ScalarContext & { start: Mark },
): ScannedScalar {
  let end = cursor.mark;
  for (;;) {
    skipPlainGap(cursor, folder, { start, indent: indent + 1 });
    if (flowLevel === 0 && cursor.column < indent + 1) break;
    if (cursor.isDocumentIndicator() || cursor.peek() === CODE.hash) break;
    const from = cursor.position;
    while (!isBlankOrEnd(cursor.peek()) && !endsPlain(cursor, flowLevel)) cursor.skip();
    if (cursor.position > from) {
      folder.add(cursor.text.slice(from, cursor.position));
      end = cursor.mark;
    }
    if (!isBlank(cursor.peek()) && !isBreak(cursor.peek())) break;
  }
  return { value: folder.value, end, crossedLine: folder.isAtLineStart };
}

function skipPlainGap(cursor: Cursor, folder: LineFolder, { start, indent }: { start: Mark; indent: number }): void {
  while (isBlank(cursor.peek()) || isBreak(cursor.peek())) {
    if (isBreak(cursor.peek())) {
      folder.addBreak(cursor.readBreak());
      continue;
    }
    if (folder.isAtLineStart && cursor.column < indent && cursor.peek() === CODE.tab)
      throw scannerError("found a tab character that violates indentation", {
        mark: cursor.mark,
        context: "while scanning a plain scalar",
        contextMark: start,
      });
    folder.addBlank(cursor.read());
  }
}

function endsPlain(cursor: Cursor, flowLevel: number): boolean {
  const code = cursor.peek();
  if (code === CODE.colon) return isBlankOrEnd(cursor.peek(1));
  if (flowLevel === 0) return false;
  return isFlowIndicator(code) || (code === CODE.question && isBlankOrEnd(cursor.peek(1)));
}

/** Reads a quoted scalar; the cursor stands at its opening quote. @throws {YamlError} */
export function scanQuotedScalar(cursor: Cursor): ScannedScalar {
  const start = cursor.mark;
  const quote = cursor.peek();
  cursor.skip();
  const folder = new LineFolder();
  for (;;) {
    if (cursor.isDocumentIndicator()) throw quotedError("found unexpected document indicator", start, cursor);
    if (cursor.peek() === 0) throw quotedError("found unexpected end of stream", start, cursor);
    scanQuotedRun(cursor, folder, { start, quote });
    if (cursor.peek() === quote) break;
    while (isBlank(cursor.peek()) || isBreak(cursor.peek())) {
      if (isBreak(cursor.peek())) folder.addBreak(cursor.readBreak());
      else folder.addBlank(cursor.read());
    }
  }
  folder.settle();
  cursor.skip();
  return { value: folder.value, end: cursor.mark, crossedLine: false };
}

function scanQuotedRun(cursor: Cursor, folder: LineFolder, { start, quote }: { start: Mark; quote: number }): void {
  while (!isBlankOrEnd(cursor.peek())) {
    const code = cursor.peek();
    if (code === quote) {
      if (quote !== CODE.singleQuote || cursor.peek(1) !== CODE.singleQuote) return;
      cursor.skip();
      cursor.skip();
      folder.add("'");
    } else if (code === CODE.backslash && quote === CODE.doubleQuote) {
      if (isBreak(cursor.peek(1))) {
        cursor.skip();
        cursor.readBreak();
        folder.addEscapedBreak();
        return;
      }
      folder.add(scanEscape(cursor, start));
    } else folder.add(scanLiteralRun(cursor, quote));
  }
}

function scanLiteralRun(cursor: Cursor, quote: number): string {
  const from = cursor.position;
  do cursor.skip();
  while (
    !isBlankOrEnd(cursor.peek()) &&
    cursor.peek() !== quote &&
    !(cursor.peek() === CODE.backslash && quote === CODE.doubleQuote)
  );
  return cursor.text.slice(from, cursor.position);
}

const ESCAPES: Readonly<Record<string, string>> = {
  "0": "\0",
  a: "\x07",
  b: "\b",
  t: "\t",
  "\t": "\t",
  n: "\n",
  v: "\v",
  f: "\f",
  r: "\r",
  e: "\x1b",
  " ": " ",
  '"': '"',
  "'": "'",
  "/": "/",
  "\\": "\\",
  N: "\x85",
  _: "\xa0",
  L: "\u2028",
  P: "\u2029",
};

const HEX_LENGTHS: Readonly<Record<string, number>> = { x: 2, u: 4, U: 8 };

function scanEscape(cursor: Cursor, start: Mark): string {
  const letter = cursor.text.charAt(cursor.position + 1);
  const length = HEX_LENGTHS[letter];
  if (length === undefined) {
    const character = ESCAPES[letter];
    if (character === undefined) throw quotedError("found unknown escape character", start, cursor);
    cursor.skip();
    cursor.skip();
    return character;
  }
  cursor.skip();
  cursor.skip();
  const digits = cursor.text.slice(cursor.position, cursor.position + length);
  if (digits.length < length || !/^[0-9A-Fa-f]+$/.test(digits))
    throw quotedError("did not find expected hexadecimal number", start, cursor);
  const code = Number.parseInt(digits, 16);
  if (code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
    throw quotedError("found invalid Unicode character escape code", start, cursor);
  for (let index = 0; index < length; index += 1) cursor.skip();
  return String.fromCodePoint(code);
}

function quotedError(message: string, contextMark: Mark, cursor: Cursor): YamlError {
  return scannerError(message, { mark: cursor.mark, context: "while scanning a quoted scalar", contextMark });
}

/** Reads a literal or folded scalar; the cursor stands at its `|` or `>`. @throws {YamlError} */
export function scanBlockScalar(cursor: Cursor, parentIndent: number): ScannedScalar {
  const start = cursor.mark;
  const isLiteral = cursor.peek() === CODE.bar;
  cursor.skip();
  const header = scanBlockHeader(cursor, start);
  let indent = header.increment === 0 ? 0 : Math.max(parentIndent, 0) + header.increment;
  let end = cursor.mark;
  let text = "";
  let leading = "";
  let wasBlank = false;
  const nextBreaks = (): string => {
    const scanned = scanBlockBreaks(cursor, { start, indent, parentIndent });
    indent = scanned.indent;
    end = scanned.end;
    return scanned.breaks;
  };
  let trailing = nextBreaks();
  while (cursor.column === indent && cursor.peek() !== 0) {
    const isBlankLine = isBlank(cursor.peek());
    if (!isLiteral && !wasBlank && !isBlankLine && leading === "\n") text += trailing === "" ? " " : trailing;
    else text += leading + trailing;
    wasBlank = isBlankLine;
    const from = cursor.position;
    while (!isBreakOrEnd(cursor.peek())) cursor.skip();
    text += cursor.text.slice(from, cursor.position);
    leading = cursor.readBreak();
    trailing = nextBreaks();
  }
  if (header.chomping !== "strip") text += leading;
  if (header.chomping === "keep") text += trailing;
  return { value: text, end, crossedLine: true };
}

interface BlockHeader {
  readonly chomping: "clip" | "strip" | "keep";
  readonly increment: number;
}

function scanBlockHeader(cursor: Cursor, start: Mark): BlockHeader {
  let chomping: BlockHeader["chomping"] = "clip";
  let increment = 0;
  const scanChomping = (): boolean => {
    if (cursor.peek() !== CODE.plus && cursor.peek() !== CODE.dash) return false;
    chomping = cursor.peek() === CODE.plus ? "keep" : "strip";
    cursor.skip();
    return true;
  };
  const scanIncrement = (): void => {
    if (!isDigit(cursor.peek())) return;
    if (cursor.peek() === CODE.zero) throw blockError("found an indentation indicator equal to 0", start, cursor);
    increment = cursor.peek() - CODE.zero;
    cursor.skip();
  };
  const isChompingFirst = scanChomping();
  scanIncrement();
  if (!isChompingFirst && increment > 0) scanChomping();
  while (isBlank(cursor.peek())) cursor.skip();
  if (cursor.peek() === CODE.hash) while (!isBreakOrEnd(cursor.peek())) cursor.skip();
  if (!isBreakOrEnd(cursor.peek())) throw blockError("did not find expected comment or line break", start, cursor);
  cursor.readBreak();
  return { chomping, increment };
}

function scanBlockBreaks(
  cursor: Cursor,
  { start, indent, parentIndent }: { start: Mark; indent: number; parentIndent: number },
): { breaks: string; indent: number; end: Mark } {
  let breaks = "";
  let end = cursor.mark;
  let maxIndent = 0;
  for (;;) {
    while ((indent === 0 || cursor.column < indent) && cursor.peek() === CODE.space) cursor.skip();
    maxIndent = Math.max(maxIndent, cursor.column);
    if ((indent === 0 || cursor.column < indent) && cursor.peek() === CODE.tab)
      throw blockError("found a tab character where an indentation space is expected", start, cursor);
    if (!isBreak(cursor.peek())) break;
    breaks += cursor.readBreak();
    end = cursor.mark;
  }
  return { breaks, indent: indent === 0 ? Math.max(maxIndent, parentIndent + 1, 1) : indent, end };
}

function blockError(message: string, contextMark: Mark, cursor: Cursor): YamlError {
  return scannerError(message, { mark: cursor.mark, context: "while scanning a block scalar", contextMark });
}
