import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { diagnoseInvalidTokens } from "./invalid-tokens.ts";
import { scanTokens, type TextPlace } from "./lexer.ts";
import { parseBody } from "./parse-body.ts";
import { parseExpression } from "./parse-expression.ts";
import { parseAbsoluteTraversal } from "./parse-reference.ts";
import { parseTemplate } from "./parse-template.ts";
import { Parser } from "./parser.ts";
import type { BodyNode, ExpressionNode, Traversal } from "./tree.ts";

/** What was read, as far as it could be, and what is wrong with it. */
export interface Parsed<T> {
  readonly result: T;
  readonly diagnostics: readonly Diagnostic[];
}

/** A whole file in the native syntax: hclsyntax's `ParseConfig`. */
export function parseFileSyntax(source: string | Uint8Array, place: TextPlace): Parsed<BodyNode> {
  return run(source, place, { mode: "main", newlines: true }, (parser) => parseBody(parser, "EOF"));
}

/** A text that is one expression: hclsyntax's `ParseExpression`. */
export function parseExpressionSyntax(source: string | Uint8Array, place: TextPlace): Parsed<ExpressionNode> {
  return run(source, place, { mode: "main", newlines: false }, (parser) => {
    const node = parseExpression(parser);
    const next = parser.peek();
    if (next.type === "EOF") return node;
    parser.complain(
      "Extra characters after expression",
      "An expression was successfully parsed, but extra characters were found after it.",
      { subject: next.range },
    );
    return node;
  });
}

/** A text that is one template, without quotes around it: hclsyntax's `ParseTemplate`. */
export function parseTemplateSyntax(source: string | Uint8Array, place: TextPlace): Parsed<ExpressionNode> {
  return run(source, place, { mode: "bare", newlines: true }, (parser) => {
    const { parts, isWrapped, range } = parseTemplate(parser, "EOF", false);
    const [only] = parts;
    if (isWrapped && only !== undefined) return { kind: "templateWrap", wrapped: only, range };
    return { kind: "template", parts, range };
  });
}

/** A text that is a reference by constant steps: hclsyntax's `ParseTraversalAbs`. */
export function parseTraversalSyntax(source: string | Uint8Array, place: TextPlace): Parsed<Traversal> {
  return run(source, place, { mode: "main", newlines: false }, parseAbsoluteTraversal);
}

function run<T>(
  source: string | Uint8Array,
  place: TextPlace,
  { mode, newlines }: { mode: "main" | "bare"; newlines: boolean },
  rule: (parser: Parser) => T,
): Parsed<T> {
  const tokens = scanTokens(source, place, mode);
  const parser = new Parser(tokens, parseExpression);
  const result = parser.withNewlines(newlines, () => rule(parser));
  return { result, diagnostics: [...diagnoseInvalidTokens(tokens), ...parser.diagnostics] };
}
