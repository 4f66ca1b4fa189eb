import { dynamicType, unknownValue } from "../cty/index.ts";
import { type Diagnostic, errorDiagnostic } from "../diagnostics/diagnostic.ts";
import type { SourceRange } from "../diagnostics/source-range.ts";
import type { Token, TokenType } from "./token.ts";
import type { ExpressionNode, LiteralNode } from "./tree.ts";

/** How deep expressions and blocks may be nested. Each level needs stack here, and again when it is evaluated. */
export const MAX_NESTING = 200;

const OPPOSITES: ReadonlyMap<TokenType, TokenType> = new Map([
  ["OBrace", "CBrace"],
  ["OBrack", "CBrack"],
  ["OParen", "CParen"],
  ["OQuote", "CQuote"],
  ["OHeredoc", "CHeredoc"],
  ["CBrace", "OBrace"],
  ["CBrack", "OBrack"],
  ["CParen", "OParen"],
  ["CQuote", "OQuote"],
  ["CHeredoc", "OHeredoc"],
  ["TemplateControl", "TemplateSeqEnd"],
  ["TemplateInterp", "TemplateSeqEnd"],
  ["TemplateSeqEnd", "TemplateInterp"],
]);

const OPENING: ReadonlySet<TokenType> = new Set([
  "OBrace",
  "OBrack",
  "OParen",
  "OQuote",
  "OHeredoc",
  "TemplateInterp",
  "TemplateControl",
]);

/** The token that closes what a token opens, or the other way round. */
export function oppositeOf(type: TokenType): TokenType | undefined {
  return OPPOSITES.get(type);
}

/** A token as the grammar sees it: a comment that ends a line is the end of the line. */
export interface SeenToken {
  readonly type: TokenType;
  readonly range: SourceRange;
  readonly text: string;
}

/**
 * What the rules of the grammar share: the place in the tokens, whether newlines count, and the diagnostics.
 * Mirrors hclsyntax's `peeker` and `parser`.
 */
export class Parser {
  /** An expression; given from outside, as the rules need each other. */
  readonly parseExpression: (parser: Parser) => ExpressionNode;
  readonly diagnostics: Diagnostic[] = [];
  /** Set as soon as tokens were skipped after an error: what follows may be misread, so errors are kept back. */
  recovering = false;
  readonly #tokens: readonly Token[];
  readonly #newlines: boolean[] = [true];
  #next = 0;
  #nesting = 0;
  #peeked: { readonly token: SeenToken; readonly next: number; readonly newlines: boolean } | undefined;

  constructor(tokens: readonly Token[], parseExpression: (parser: Parser) => ExpressionNode) {
    this.#tokens = tokens;
    this.parseExpression = parseExpression;
  }

  /** The next token that counts. */
  peek(): SeenToken {
    return this.#look().token;
  }

  /** The next token that counts; goes behind it. */
  read(): SeenToken {
    const { token, next } = this.#look();
    this.#next = next;
    this.#peeked = undefined;
    return token;
  }

  /** The range of the token in front of the place. */
  previousRange(): SourceRange {
    return this.#next === 0 ? this.peek().range : this.#token(this.#next - 1).range;
  }

  /** Runs a rule with newlines as tokens or as mere space. */
  withNewlines<T>(include: boolean, rule: () => T): T {
    this.#newlines.push(include);
    try {
      return rule();
    } finally {
      this.#newlines.pop();
    }
  }

  isKeyword(word: string): boolean {
    const token = this.peek();
    return token.type === "Ident" && token.text === word;
  }

  /** Adds an error, whether recovering or not. */
  report(summary: string, detail: string, place: Pick<Diagnostic, "subject" | "context">): void {
    this.diagnostics.push(errorDiagnostic(summary, detail, place));
  }

  /** Adds an error unless recovering. */
  complain(summary: string, detail: string, place: Pick<Diagnostic, "subject" | "context">): void {
    if (!this.recovering) this.report(summary, detail, place);
  }

  /** Runs a rule one level deeper; beyond {@link MAX_NESTING} parsing ends, and `undefined` is returned. */
  nested<T>(rule: () => T): T | undefined {
    if (this.#nesting >= MAX_NESTING) {
      this.complain("Nesting too deep", `Blocks and expressions may be nested at most ${MAX_NESTING} levels deep.`, {
        subject: this.peek().range,
      });
      this.recovering = true;
      // Every level around would try again with what is left, so nothing is left.
      this.#next = this.#tokens.length - 1;
      this.#peeked = undefined;
      return undefined;
    }
    this.#nesting++;
    try {
      return rule();
    } finally {
      this.#nesting--;
    }
  }

  /** Runs a rule and tells whether it reported an error. */
  attempt<T>(rule: () => T): { readonly result: T; readonly failed: boolean } {
    const before = this.diagnostics.length;
    const result = rule();
    return { result, failed: this.diagnostics.length > before };
  }

  /** An expression, and whether parsing it left the place somewhere unknown. */
  attemptExpression(): { readonly node: ExpressionNode; readonly lost: boolean } {
    const { result, failed } = this.attempt(() => this.parseExpression(this));
    return { node: result, lost: this.recovering && failed };
  }

  /**
   * Skips to behind the `end` that closes the current bracket, over brackets nested in it.
   *
   * @returns the token `end`, or the end of the file
   */
  recover(end: TokenType): SeenToken {
    const start = oppositeOf(end);
    this.recovering = true;
    let nesting = 0;
    for (;;) {
      const token = this.read();
      const type = end === "TemplateSeqEnd" && token.type === "TemplateControl" ? "TemplateInterp" : token.type;
      if (type === "EOF") return token;
      if (type === start) nesting++;
      if (type === end && nesting-- < 1) return token;
    }
  }

  /** Skips over the next bracketed part that begins with `start`. */
  recoverOver(start: TokenType): void {
    let { type } = this.read();
    while (type !== start && type !== "EOF") ({ type } = this.read());
    const end = oppositeOf(start);
    if (end !== undefined) this.recover(end);
  }

  /** Skips to the beginning of the next line that is not inside of any bracket. */
  recoverAfterBodyItem(): void {
    this.recovering = true;
    const open: TokenType[] = [];
    for (;;) {
      const { type } = this.read();
      if (type === "EOF" || (type === "Newline" && open.length === 0)) return;
      if (OPENING.has(type)) open.push(type);
      else if (OPPOSITES.has(type)) close(open, type);
    }
  }

  #look(): { readonly token: SeenToken; readonly next: number } {
    const newlines = this.#newlines[this.#newlines.length - 1] ?? true;
    // Remembered, or a long run of newlines or comments would be walked again by every rule that peeks.
    if (this.#peeked?.newlines !== newlines) this.#peeked = { ...this.#find(newlines), newlines };
    return this.#peeked;
  }

  #find(newlines: boolean): { readonly token: SeenToken; readonly next: number } {
    for (let at = this.#next; at < this.#tokens.length; at++) {
      const token = this.#token(at);
      if (token.type === "Comment") {
        if (!newlines || !token.text.endsWith("\n")) continue;
        return { token: { type: "Newline", range: token.range, text: "\n" }, next: at + 1 };
      }
      if (token.type === "Newline" && !newlines) continue;
      return { token, next: at + 1 };
    }
    return { token: this.#token(this.#tokens.length - 1), next: this.#tokens.length };
  }

  #token(at: number): Token {
    const token = this.#tokens[at];
    if (token === undefined) throw new Error(`no token ${at}`);
    return token;
  }
}

/** What stands for an expression that could not be parsed. */
export function placeholder(range: SourceRange): LiteralNode {
  return { kind: "literal", value: unknownValue(dynamicType), range };
}

// Drops everything that was opened since the opening token, which is what was left open by mistake.
function close(open: TokenType[], type: TokenType): void {
  const matches = (opener: TokenType): boolean => oppositeOf(opener) === type;
  while (open.length > 0) {
    const opener = open.pop();
    if (opener !== undefined && matches(opener)) return;
  }
}
