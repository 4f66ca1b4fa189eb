// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the language under test writes templates so
import assert from "node:assert/strict";
import { test } from "node:test";
import { readCases } from "../testing/cases.ts";
import { describeAll, describeRange } from "../testing/outcome.ts";
import { diagnoseInvalidTokens } from "./invalid-tokens.ts";
import { scanTokens } from "./lexer.ts";

interface TokenCase {
  readonly mode: "tokens" | "template-tokens";
  readonly source: string;
  readonly tokens: readonly string[];
  readonly diagnostics: readonly string[];
}

test("sources are split into the tokens that HCL sees, with its ranges and complaints", () => {
  for (const { mode, source, tokens, diagnostics } of readCases<TokenCase>("tokens.json")) {
    const scanned = scanTokens(source, { filename: "test.hcl" }, mode === "tokens" ? "main" : "bare");

    const described = scanned.map(({ type, range }) => `${type} ${describeRange(range)}`);
    assert.deepEqual(described, tokens, source);
    assert.deepEqual(describeAll(diagnoseInvalidTokens(scanned)), diagnostics, source);
  }
});

test("bytes that are not UTF-8 are reported once", () => {
  const tokens = scanTokens(Buffer.from([0x61, 0xff, 0xfe, 0x0a]), { filename: "test.hcl" });

  const summaries = diagnoseInvalidTokens(tokens).map(({ summary }) => summary);
  assert.deepEqual(summaries, ["Invalid character encoding"]);
});

test("the text of all tokens and the spaces between them are the source", () => {
  const source = 'a = "x${ b }y" # c\n<<-E\n  é\n  E\n';

  const tokens = scanTokens(source, { filename: "test.hcl" });

  const bytes = Buffer.from(source);
  let end = 0;
  let rebuilt = "";
  for (const token of tokens) {
    rebuilt += bytes.toString("utf8", end, token.start.byte) + token.text;
    end = token.end.byte;
  }
  assert.equal(rebuilt, source);
});
