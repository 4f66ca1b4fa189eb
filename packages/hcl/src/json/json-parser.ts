import { type Diagnostic, errorDiagnostic } from "../diagnostics/diagnostic.ts";
import type { SourceRange } from "../diagnostics/source-range.ts";
import { MAX_NESTING } from "../syntax/parser.ts";
import type { JsonNode } from "./json-node.ts";
import type { JsonToken, JsonTokenType } from "./json-scanner.ts";

/** What the rules of the grammar share. */
export class JsonParser {
  readonly diagnostics: Diagnostic[] = [];
  /** Any value; given from outside, as the rules need each other. */
  readonly parseValue: (parser: JsonParser) => JsonNode;
  readonly #tokens: readonly JsonToken[];
  #next = 0;
  #nesting = 0;

  constructor(tokens: readonly JsonToken[], parseValue: (parser: JsonParser) => JsonNode) {
    this.#tokens = tokens;
    this.parseValue = parseValue;
  }

  peek(): JsonToken {
    const token = this.#tokens[this.#next];
    if (token === undefined) throw new Error(`no token ${this.#next}`);
    return token;
  }

  read(): JsonToken {
    const token = this.peek();
    if (token.type !== "eof") this.#next++;
    return token;
  }

  /** Adds an error. Returns undefined, as a rule does that found no value. */
  report(summary: string, detail: string, subject: SourceRange): undefined {
    this.diagnostics.push(errorDiagnostic(summary, detail, { subject }));
    return undefined;
  }

  /** Runs a rule one level deeper; beyond the limit of the language nothing more is read. */
  nested(rule: () => JsonNode | undefined): JsonNode | undefined {
    if (this.#nesting >= MAX_NESTING) {
      const { range } = this.peek();
      this.#next = this.#tokens.length - 1;
      return this.report("Nesting too deep", `Values may be nested at most ${MAX_NESTING} levels deep.`, range);
    }
    this.#nesting++;
    try {
      return rule();
    } finally {
      this.#nesting--;
    }
  }

  /** Skips from `first`, which was just read, to behind what seems to be the end of a bracket. */
  recover(first: JsonToken, open: JsonTokenType, close: JsonTokenType): void {
    let nesting = 1;
    for (let token = first; token.type !== "eof"; token = this.read()) {
      if (token.type === open) nesting++;
      if (token.type === close && --nesting <= 1) return;
    }
  }
}
