import { dynamicNull, falseValue, numberType, trueValue, unknownValue, type Value } from "../cty/index.ts";
import { rangeBetween } from "../diagnostics/source-range.ts";
import { parseFunctionCall } from "./parse-call.ts";
import { parseObject, parseTuple } from "./parse-collection.ts";
import { parseNumber } from "./parse-number.ts";
import { parseTemplate } from "./parse-template.ts";
import { oppositeOf, type Parser, placeholder, type SeenToken } from "./parser.ts";
import type { ExpressionNode } from "./tree.ts";

const KEYWORDS: ReadonlyMap<string, Value> = new Map([
  ["true", trueValue],
  ["false", falseValue],
  ["null", dynamicNull],
]);

/**
 * The smallest part of an expression: hclsyntax's `parseExpressionTerm`.
 *
 * @param operand what follows a sign: a term with the accesses behind it
 */
export function parseTerm(parser: Parser, operand: (parser: Parser) => ExpressionNode): ExpressionNode {
  const start = parser.peek();
  switch (start.type) {
    case "OParen":
      return parseParentheses(parser);
    case "NumberLit":
      parser.read();
      return { kind: "literal", value: parseNumber(parser, start) ?? unknownValue(numberType), range: start.range };
    case "Ident":
      return parseName(parser);
    case "OQuote":
    case "OHeredoc":
      return parseTemplateTerm(parser);
    case "Minus":
      return parseUnary(parser, "-", operand);
    case "Bang":
      return parseUnary(parser, "!", operand);
    case "OBrack":
      return parseTuple(parser);
    case "OBrace":
      return parseObject(parser);
    default:
      return rejectTerm(parser, start);
  }
}

function rejectTerm(parser: Parser, start: SeenToken): ExpressionNode {
  const subject = start.range;
  if (start.type === "EOF") {
    const detail = "Expected the start of an expression, but found the end of the file.";
    parser.complain("Missing expression", detail, { subject });
  } else {
    const detail = "Expected the start of an expression, but found an invalid expression token.";
    parser.complain("Invalid expression", detail, { subject });
  }
  parser.recovering = true;
  return placeholder(subject);
}

function parseParentheses(parser: Parser): ExpressionNode {
  const open = parser.read();
  return parser.withNewlines(false, () => {
    const { result: inner, failed } = parser.attempt(() => parser.parseExpression(parser));
    if (failed) {
      parser.recover("CParen");
      return inner;
    }
    const close = parser.peek();
    if (close.type !== "CParen") {
      parser.report("Unbalanced parentheses", "Expected a closing parenthesis to terminate the expression.", {
        subject: close.range,
        context: rangeBetween(open.range, close.range),
      });
      parser.recovering = true;
    }
    return { kind: "parentheses", inner, range: rangeBetween(open.range, parser.read().range) };
  });
}

function parseName(parser: Parser): ExpressionNode {
  const token = parser.read();
  const next = parser.peek().type;
  if (next === "OParen" || next === "DoubleColon") return parseFunctionCall(parser, token);
  const { range, text: name } = token;
  const value = KEYWORDS.get(name);
  if (value !== undefined) return { kind: "literal", value, range };
  return { kind: "scopeTraversal", traversal: [{ kind: "root", name, range }], range };
}

function parseTemplateTerm(parser: Parser): ExpressionNode {
  const open = parser.read();
  const end = oppositeOf(open.type) === "CQuote" ? "CQuote" : "CHeredoc";
  const flush = open.text.startsWith("<<-");
  const { parts, isWrapped } = parseTemplate(parser, end, flush);
  const range = rangeBetween(open.range, parser.previousRange());
  const [only] = parts;
  if (isWrapped && only !== undefined) return { kind: "templateWrap", wrapped: only, range };
  return { kind: "template", parts, range };
}

// A sign takes a term only: `-46+5` is `(-46)+5`.
function parseUnary(
  parser: Parser,
  operator: "-" | "!",
  parseOperand: (parser: Parser) => ExpressionNode,
): ExpressionNode {
  const symbol = parser.read();
  const operand = parser.nested(() => parseOperand(parser)) ?? placeholder(parser.peek().range);
  const range = rangeBetween(symbol.range, operand.range);
  return { kind: "unary", operator, operand, symbolRange: symbol.range, range };
}
