import { CODE, Cursor, isBlank, isBlankOrEnd, isBreak, isBreakOrEnd, isFlowIndicator } from "./cursor.ts";
import type { Mark } from "./node.ts";
import { type ScannedScalar, scanBlockScalar, scanPlainScalar, scanQuotedScalar } from "./scan-scalar.ts";
import { scanDirective, scanTag } from "./scan-tag.ts";
import type { Token, TokenType } from "./token.ts";
import { scannerError } from "./yaml-error.ts";

/** A place where a key may have begun that is only known as one when `:` follows on its line. */
interface SimpleKey {
  readonly isRequired: boolean;
  readonly flowLevel: number;
  readonly tokenNumber: number;
  readonly mark: Mark;
}

/** How many brackets may be open at once, and how deep blocks may be indented. */
const MAX_DEPTH = 10_000;

/**
 * Turns a YAML text into tokens, at the pace of the reader, as libyaml does (go-yaml v4,
 * `internal/libyaml/scanner.go`): the order in which errors are noticed is the same.
 */
export class Scanner {
  private readonly cursor: Cursor;
  private tokens: Token[] = [];
  private head = 0;
  private parsedCount = 0;
  private isTokenReady = false;
  private hasEnded = false;
  private flowLevel = 0;
  private indent = -1;
  private readonly indents: number[] = [];
  private isSimpleKeyAllowed = true;
  private simpleKey: SimpleKey | undefined;
  private readonly outerKeys: SimpleKey[] = [];

  constructor(text: string) {
    this.cursor = new Cursor(text);
  }

  /** The next token, without taking it. @throws {YamlError} */
  peek(): Token {
    if (!this.isTokenReady) {
      while (!this.hasEnded && this.needsMore()) this.fetchToken();
      this.isTokenReady = true;
    }
    const token = this.tokens[this.head];
    if (token !== undefined) return token;
    const { mark } = this.cursor;
    return { type: "stream-end", start: mark, end: mark, value: "", suffix: "", isPlain: false };
  }

  /** Takes the token that {@link peek} shows. */
  take(): Token {
    const token = this.peek();
    this.isTokenReady = false;
    this.parsedCount += 1;
    this.head += 1;
    if (this.head > 1024 && this.head > this.tokens.length / 2) {
      this.tokens = this.tokens.slice(this.head);
      this.head = 0;
    }
    return token;
  }

  // Two tokens of lookahead always; more while the first could still turn out to be a key.
  private needsMore(): boolean {
    if (this.head >= this.tokens.length - 2) return true;
    const first = this.outerKeys[0] ?? this.simpleKey;
    return first !== undefined && first.tokenNumber === this.parsedCount;
  }

  private fetchToken(): void {
    const { cursor } = this;
    const before = cursor.mark;
    this.skipToToken();
    this.unrollIndent(cursor.column, before);
    const code = cursor.peek();
    if (code === 0 && cursor.position >= cursor.text.length) {
      this.endStream();
      return;
    }
    if (cursor.column === 0 && code === CODE.percent) {
      this.fetchDirective();
      return;
    }
    if (cursor.isDocumentIndicator()) {
      this.fetchDocumentIndicator(code === CODE.dash ? "document-start" : "document-end");
      return;
    }
    if (!this.fetchIndicator(code) && !this.fetchContent(code))
      throw scannerError("found character that cannot start any token", {
        mark: cursor.mark,
        context: "while scanning for the next token",
        contextMark: cursor.mark,
      });
  }

  private fetchIndicator(code: number): boolean {
    const next = this.cursor.peek(1);
    switch (code) {
      case CODE.openBracket:
        this.startFlow("flow-sequence-start");
        return true;
      case CODE.openBrace:
        this.startFlow("flow-mapping-start");
        return true;
      case CODE.closeBracket:
        this.endFlow("flow-sequence-end");
        return true;
      case CODE.closeBrace:
        this.endFlow("flow-mapping-end");
        return true;
      case CODE.comma:
        this.removeSimpleKey();
        this.isSimpleKeyAllowed = true;
        this.pushIndicator("flow-entry");
        return true;
      case CODE.dash:
        if (!isBlankOrEnd(next)) return false;
        this.fetchEntryOrKey("block-entry");
        return true;
      case CODE.question:
        if (!isBlankOrEnd(next)) return false;
        this.fetchEntryOrKey("key");
        return true;
      case CODE.colon:
        if (!isBlankOrEnd(next) && (this.flowLevel === 0 || this.isAfterFlowSeparator())) return false;
        this.fetchValue();
        return true;
      default:
        return false;
    }
  }

  private fetchContent(code: number): boolean {
    switch (code) {
      case CODE.star:
        this.fetchAnchor("alias");
        return true;
      case CODE.ampersand:
        this.fetchAnchor("anchor");
        return true;
      case CODE.bang: {
        this.startContent();
        const start = this.cursor.mark;
        const { handle, suffix } = scanTag(this.cursor);
        this.push({ type: "tag", start, end: this.cursor.mark, value: handle, suffix, isPlain: false });
        return true;
      }
      case CODE.singleQuote:
      case CODE.doubleQuote: {
        this.startContent();
        const start = this.cursor.mark;
        this.pushScalar(start, scanQuotedScalar(this.cursor), false);
        return true;
      }
      case CODE.bar:
      case CODE.greater: {
        if (this.flowLevel > 0) return false;
        this.removeSimpleKey();
        this.isSimpleKeyAllowed = true;
        const start = this.cursor.mark;
        this.pushScalar(start, scanBlockScalar(this.cursor, this.indent), false);
        return true;
      }
      default:
        return this.fetchPlain(code);
    }
  }

  private fetchPlain(code: number): boolean {
    const next = this.cursor.peek(1);
    const isStart =
      code === CODE.dash
        ? !isBlank(next)
        : code === CODE.question || code === CODE.colon
          ? !isBlankOrEnd(next)
          : !isBlankOrEnd(code) &&
            !isFlowIndicator(code) &&
            code !== CODE.hash &&
            code !== CODE.percent &&
            code !== CODE.at &&
            code !== CODE.backquote &&
            code !== CODE.bar &&
            code !== CODE.greater;
    if (!isStart) return false;
    this.startContent();
    const start = this.cursor.mark;
    const scanned = scanPlainScalar(this.cursor, { indent: this.indent, flowLevel: this.flowLevel });
    if (scanned.crossedLine) this.isSimpleKeyAllowed = true;
    this.pushScalar(start, scanned, true);
    return true;
  }

  private isAfterFlowSeparator(): boolean {
    const type = this.tokens.at(-1)?.type;
    return type === "flow-entry" || type === "flow-sequence-start";
  }

  /** Tabs separate tokens, but do not indent where a key may begin. */
  private skipToToken(): void {
    const { cursor } = this;
    for (;;) {
      if (cursor.column === 0 && cursor.peek() === CODE.byteOrderMark) cursor.position += 1;
      while (
        cursor.peek() === CODE.space ||
        (cursor.peek() === CODE.tab && (this.flowLevel > 0 || !this.isSimpleKeyAllowed))
      )
        cursor.skip();
      if (cursor.peek() === CODE.hash) while (!isBreakOrEnd(cursor.peek())) cursor.skip();
      if (!isBreak(cursor.peek())) return;
      cursor.readBreak();
      if (this.flowLevel === 0) this.isSimpleKeyAllowed = true;
    }
  }

  private fetchDirective(): void {
    const { cursor } = this;
    this.unrollIndent(-1, cursor.mark);
    this.removeSimpleKey();
    this.isSimpleKeyAllowed = false;
    const start = cursor.mark;
    const { type, handle, prefix } = scanDirective(cursor);
    this.push({ type, start, end: cursor.mark, value: handle, suffix: prefix, isPlain: false });
  }

  private fetchDocumentIndicator(type: TokenType): void {
    const { cursor } = this;
    this.unrollIndent(-1, cursor.mark);
    this.removeSimpleKey();
    this.isSimpleKeyAllowed = false;
    const start = cursor.mark;
    cursor.skip();
    cursor.skip();
    cursor.skip();
    this.push({ type, start, end: cursor.mark, value: "", suffix: "", isPlain: false });
  }

  private endStream(): void {
    const { cursor } = this;
    if (cursor.column !== 0) {
      cursor.column = 0;
      cursor.line += 1;
    }
    this.unrollIndent(-1, cursor.mark);
    this.removeSimpleKey();
    this.isSimpleKeyAllowed = false;
    const { mark } = cursor;
    this.push({ type: "stream-end", start: mark, end: mark, value: "", suffix: "", isPlain: false });
    this.hasEnded = true;
  }

  private startFlow(type: TokenType): void {
    this.saveSimpleKey();
    if (this.simpleKey !== undefined) this.outerKeys.push(this.simpleKey);
    this.simpleKey = undefined;
    this.flowLevel += 1;
    if (this.flowLevel > MAX_DEPTH) throw this.tooDeep("while increasing flow level");
    this.isSimpleKeyAllowed = true;
    this.pushIndicator(type);
  }

  private endFlow(type: TokenType): void {
    this.removeSimpleKey();
    if (this.flowLevel > 0) {
      this.flowLevel -= 1;
      if (this.outerKeys.at(-1)?.flowLevel === this.flowLevel) this.simpleKey = this.outerKeys.pop();
    }
    this.isSimpleKeyAllowed = false;
    this.pushIndicator(type);
  }

  private fetchEntryOrKey(type: "block-entry" | "key"): void {
    if (this.flowLevel === 0) {
      if (!this.isSimpleKeyAllowed) {
        const what = type === "key" ? "mapping keys" : "block sequence entries";
        throw scannerError(`${what} are not allowed in this context`, { mark: this.cursor.mark });
      }
      const start = type === "key" ? "block-mapping-start" : "block-sequence-start";
      this.rollIndent(start, { column: this.cursor.column, mark: this.cursor.mark });
    }
    this.removeSimpleKey();
    this.isSimpleKeyAllowed = type === "block-entry" || this.flowLevel === 0;
    this.pushIndicator(type);
  }

  private fetchValue(): void {
    const { cursor, simpleKey } = this;
    if (simpleKey !== undefined && simpleKey.mark.line === cursor.line) {
      const { mark, tokenNumber } = simpleKey;
      this.insert(tokenNumber, { type: "key", start: mark, end: mark, value: "", suffix: "", isPlain: false });
      this.rollIndent("block-mapping-start", { column: mark.column, mark, tokenNumber });
      this.simpleKey = undefined;
      this.isSimpleKeyAllowed = false;
    } else {
      if (this.flowLevel === 0) {
        if (!this.isSimpleKeyAllowed)
          throw scannerError("mapping values are not allowed in this context", { mark: cursor.mark });
        this.rollIndent("block-mapping-start", { column: cursor.column, mark: cursor.mark });
      }
      this.isSimpleKeyAllowed = this.flowLevel === 0;
    }
    this.pushIndicator("value");
  }

  private fetchAnchor(type: "alias" | "anchor"): void {
    const { cursor } = this;
    this.startContent();
    const start = cursor.mark;
    cursor.skip();
    const from = cursor.position;
    while (isAnchorCharacter(cursor.peek())) cursor.skip();
    const value = cursor.text.slice(from, cursor.position);
    const code = cursor.peek();
    if (value === "" || !(isBlankOrEnd(code) || "?:,]}%@`".includes(String.fromCharCode(code))))
      throw scannerError("did not find expected alphabetic or numeric character", {
        mark: cursor.mark,
        context: type === "alias" ? "while scanning an alias" : "while scanning an anchor",
        contextMark: start,
      });
    this.push({ type, start, end: cursor.mark, value, suffix: "", isPlain: false });
  }

  private startContent(): void {
    this.saveSimpleKey();
    this.isSimpleKeyAllowed = false;
  }

  private saveSimpleKey(): void {
    if (!this.isSimpleKeyAllowed) return;
    this.removeSimpleKey();
    this.simpleKey = {
      isRequired: this.flowLevel === 0 && this.indent === this.cursor.column,
      flowLevel: this.flowLevel,
      tokenNumber: this.parsedCount + (this.tokens.length - this.head),
      mark: this.cursor.mark,
    };
  }

  private removeSimpleKey(): void {
    if (this.simpleKey?.isRequired === true)
      throw scannerError("could not find expected ':'", {
        mark: this.cursor.mark,
        context: "while scanning a simple key",
        contextMark: this.simpleKey.mark,
      });
    this.simpleKey = undefined;
  }

  private rollIndent(
    type: TokenType,
    { column, mark, tokenNumber }: { column: number; mark: Mark; tokenNumber?: number },
  ): void {
    if (this.flowLevel > 0 || this.indent >= column) return;
    this.indents.push(this.indent);
    this.indent = column;
    if (this.indents.length > MAX_DEPTH) throw this.tooDeep("while increasing indent level");
    const token: Token = { type, start: mark, end: mark, value: "", suffix: "", isPlain: false };
    if (tokenNumber === undefined) this.push(token);
    else this.insert(tokenNumber, token);
  }

  private unrollIndent(column: number, mark: Mark): void {
    if (this.flowLevel > 0) return;
    while (this.indent > column) {
      this.push({ type: "block-end", start: mark, end: mark, value: "", suffix: "", isPlain: false });
      this.indent = this.indents.pop() ?? -1;
    }
  }

  private tooDeep(context: string): Error {
    const { mark } = this.cursor;
    return scannerError(`exceeded max depth of ${MAX_DEPTH}`, {
      mark,
      context,
      contextMark: this.simpleKey?.mark ?? { line: 0, column: 0 },
    });
  }

  private insert(tokenNumber: number, token: Token): void {
    this.tokens.splice(this.head + (tokenNumber - this.parsedCount), 0, token);
  }

  private push(token: Token): void {
    this.tokens.push(token);
  }

  private pushIndicator(type: TokenType): void {
    const start = this.cursor.mark;
    this.cursor.skip();
    this.push({ type, start, end: this.cursor.mark, value: "", suffix: "", isPlain: false });
  }

  private pushScalar(start: Mark, { value, end }: ScannedScalar, isPlain: boolean): void {
    this.push({ type: "scalar", start, end, value, suffix: "", isPlain });
  }
}

function isAnchorCharacter(code: number): boolean {
  return code > CODE.space && code < 0x7f && code !== CODE.colon && !isFlowIndicator(code);
}
