import type { Diagnostic } from "./diagnostics/diagnostic.ts";
import type { Body } from "./eval/body.ts";
import type { Expression } from "./eval/expression.ts";
import { NativeBody } from "./eval/native-body.ts";
import { NativeExpression } from "./eval/native-expression.ts";
import { JsonBody } from "./json/json-body.ts";
import { parseJsonSyntax } from "./json/parse-json.ts";
import type { TextPlace } from "./syntax/lexer.ts";
import { parseExpressionSyntax, parseFileSyntax, parseTemplateSyntax } from "./syntax/parse.ts";

/** A file that was read. With errors among the diagnostics the body has what could be made out. */
export interface HclFile {
  readonly body: Body;
  readonly diagnostics: readonly Diagnostic[];
}

/** Reads a file in the native syntax. Never throws: what is wrong is in the diagnostics. */
export function parseHcl(source: string | Uint8Array, filename: string): HclFile {
  const { result, diagnostics } = parseFileSyntax(source, { filename });
  return { body: new NativeBody(result), diagnostics };
}

/** Reads a file in the JSON form. Never throws: what is wrong is in the diagnostics. */
export function parseJsonHcl(source: string | Uint8Array, filename: string): HclFile {
  const { result, diagnostics } = parseJsonSyntax(source, filename);
  return { body: new JsonBody(result), diagnostics };
}

/** An expression that stands alone. */
export interface HclExpression {
  readonly expression: Expression;
  readonly diagnostics: readonly Diagnostic[];
}

/** Reads a text that is one expression. */
export function parseHclExpression(source: string | Uint8Array, place: TextPlace): HclExpression {
  const { result, diagnostics } = parseExpressionSyntax(source, place);
  return { expression: new NativeExpression(result), diagnostics };
}

/** Reads a text that is one template, without quotes around it. */
export function parseHclTemplate(source: string | Uint8Array, place: TextPlace): HclExpression {
  const { result, diagnostics } = parseTemplateSyntax(source, place);
  return { expression: new NativeExpression(result), diagnostics };
}
