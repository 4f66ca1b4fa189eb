import { rangeBetween } from "../diagnostics/source-range.ts";
import { parseTerm } from "./parse-term.ts";
import { parseTraversals } from "./parse-traversal.ts";
import { type Parser, placeholder } from "./parser.ts";
import type { TokenType } from "./token.ts";
import type { BinaryOperator, ExpressionNode } from "./tree.ts";

interface Operator {
  readonly symbol: BinaryOperator;
  /** The higher, the tighter it binds. */
  readonly precedence: number;
}

const OPERATORS: ReadonlyMap<TokenType, Operator> = new Map([
  ["Or", { symbol: "||", precedence: 1 }],
  ["And", { symbol: "&&", precedence: 2 }],
  ["EqualOp", { symbol: "==", precedence: 3 }],
  ["NotEqual", { symbol: "!=", precedence: 3 }],
  ["GreaterThan", { symbol: ">", precedence: 4 }],
  ["GreaterThanEq", { symbol: ">=", precedence: 4 }],
  ["LessThan", { symbol: "<", precedence: 4 }],
  ["LessThanEq", { symbol: "<=", precedence: 4 }],
  ["Plus", { symbol: "+", precedence: 5 }],
  ["Minus", { symbol: "-", precedence: 5 }],
  ["Star", { symbol: "*", precedence: 6 }],
  ["Slash", { symbol: "/", precedence: 6 }],
  ["Percent", { symbol: "%", precedence: 6 }],
]);

/** Any expression: hclsyntax's `ParseExpression`. */
export function parseExpression(parser: Parser): ExpressionNode {
  return parser.nested(() => parseConditional(parser)) ?? placeholder(parser.peek().range);
}

function parseConditional(parser: Parser): ExpressionNode {
  const start = parser.peek().range;
  const { result: condition, failed } = parser.attempt(() => parseBinary(parser, 1));
  if ((parser.recovering && failed) || parser.peek().type !== "Question") return condition;
  parser.read();
  const whenTrue = parser.attemptExpression();
  if (whenTrue.lost) return condition;
  const colon = parser.peek();
  if (colon.type !== "Colon") {
    parser.report(
      "Missing false expression in conditional",
      "The conditional operator (...?...:...) requires a false expression, delimited by a colon.",
      { subject: colon.range, context: rangeBetween(start, colon.range) },
    );
    return condition;
  }
  parser.read();
  const whenFalse = parser.attemptExpression();
  if (whenFalse.lost) return condition;
  const range = rangeBetween(start, whenFalse.node.range);
  return { kind: "conditional", condition, whenTrue: whenTrue.node, whenFalse: whenFalse.node, range };
}

// Operators that bind at least as tightly as `precedence`; those of the same precedence group to the left.
function parseBinary(parser: Parser, precedence: number): ExpressionNode {
  let left = attemptOperand(parser, () => parseOperand(parser));
  for (;;) {
    if (left.lost) return left.node;
    const operator = OPERATORS.get(parser.peek().type);
    if (operator === undefined || operator.precedence < precedence) return left.node;
    parser.read();
    const right = attemptOperand(parser, () => parseBinary(parser, operator.precedence + 1));
    if (right.lost) return left.node;
    left = { node: binary(operator, left.node, right.node), lost: false };
  }
}

function binary({ symbol }: Operator, left: ExpressionNode, right: ExpressionNode): ExpressionNode {
  return { kind: "binary", operator: symbol, left, right, range: rangeBetween(left.range, right.range) };
}

function attemptOperand(parser: Parser, rule: () => ExpressionNode): { node: ExpressionNode; lost: boolean } {
  const { result, failed } = parser.attempt(rule);
  return { node: result, lost: parser.recovering && failed };
}

/** A term with the accesses behind it. */
function parseOperand(parser: Parser): ExpressionNode {
  return parseTraversals(parser, parseTerm(parser, parseOperand));
}
