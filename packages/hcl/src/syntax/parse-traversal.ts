import { dynamicType, numberType, unknownValue, type Value } from "../cty/index.ts";
import { rangeBetween, type SourceRange } from "../diagnostics/source-range.ts";
import { parseNumber } from "./parse-number.ts";
import { type Parser, placeholder, type SeenToken } from "./parser.ts";
import type { ExpressionNode, SplatItemNode, TraversalStep } from "./tree.ts";

/** The accesses (`.name`, `.0`, `[key]`, `.*`, `[*]`) behind a term: hclsyntax's `parseExpressionTraversals`. */
export function parseTraversals(parser: Parser, from: ExpressionNode): ExpressionNode {
  const before = parser.diagnostics.length;
  let node = from;
  for (;;) {
    const { type } = parser.peek();
    if (type === "Dot") node = parseDot(parser, node, { from, before });
    else if (type === "OBrack") node = parseBrackets(parser, node, from);
    else return node;
  }
}

interface Chain {
  /** The term at its beginning. */
  readonly from: ExpressionNode;
  /** How many diagnostics there were before it. */
  readonly before: number;
}

function parseDot(parser: Parser, node: ExpressionNode, { from, before }: Chain): ExpressionNode {
  const dot = parser.read();
  const token = parser.peek();
  switch (token.type) {
    case "Ident": {
      parser.read();
      const range = rangeBetween(dot.range, token.range);
      return withStep(node, { kind: "attribute", name: token.text, range });
    }
    case "NumberLit": {
      parser.read();
      const key = legacyIndex(parser, token, token, "Use the proper index syntax instead");
      return withStep(node, { kind: "index", key, range: rangeBetween(dot.range, token.range) });
    }
    case "Star":
      return parseAttributeSplat(parser, node, { from, dot });
    default:
      parser.report("Invalid attribute name", "An attribute name is required after a dot.", { subject: token.range });
      parser.recovering = true;
      return {
        kind: "syntaxError",
        diagnostics: parser.diagnostics.slice(before),
        range: rangeBetween(from.range, dot.range),
      };
  }
}

/** Adds a constant step to an expression; a traversal is made longer, anything else is wrapped in one. */
function withStep(node: ExpressionNode, step: TraversalStep): ExpressionNode {
  const range = rangeBetween(node.range, step.range);
  if (node.kind !== "scopeTraversal" && node.kind !== "relativeTraversal") {
    return { kind: "relativeTraversal", source: node, traversal: [step], range };
  }
  node.traversal.push(step);
  node.range = range;
  return node;
}

// `.0` is an index. `.0.1` reads as the number 0.1 and is refused.
function legacyIndex(parser: Parser, number: SeenToken, subject: { range: SourceRange }, advice: string): Value {
  const [first, ...rest] = number.text.split(".");
  if (rest.length === 0) return parseNumber(parser, number) ?? unknownValue(numberType);
  parser.report(
    "Invalid legacy index syntax",
    `When using the legacy index syntax, chaining two indexes together is not permitted. ${advice}, like [${first}][${rest.join(".")}].`,
    { subject: subject.range },
  );
  return unknownValue(dynamicType);
}

function parseAttributeSplat(
  parser: Parser,
  source: ExpressionNode,
  { from, dot }: { from: ExpressionNode; dot: SeenToken },
): ExpressionNode {
  const star = parser.read();
  const firstRange = parser.peek().range;
  const steps = parseSplatSteps(parser, star);
  if (steps === undefined) return source;
  const markerRange = rangeBetween(dot.range, star.range);
  const item: SplatItemNode = { kind: "splatItem", range: markerRange };
  const lastRange = steps[steps.length - 1]?.range ?? star.range;
  const each: ExpressionNode =
    steps.length === 0
      ? item
      : { kind: "relativeTraversal", source: item, traversal: steps, range: rangeBetween(firstRange, lastRange) };
  return { kind: "splat", source, each, item, markerRange, range: rangeBetween(from.range, lastRange) };
}

// Nothing when a step is not allowed.
function parseSplatSteps(parser: Parser, star: SeenToken): TraversalStep[] | undefined {
  const steps: TraversalStep[] = [];
  while (parser.peek().type === "Dot") {
    const dot = parser.read();
    const token = parser.peek();
    if (token.type === "NumberLit") {
      parser.read();
      const advice = "Use the proper index syntax with a full splat expression [*] instead";
      const key = legacyIndex(parser, token, star, advice);
      steps.push({ kind: "index", key, range: rangeBetween(dot.range, token.range) });
    } else if (token.type === "Ident") {
      parser.read();
      steps.push({ kind: "attribute", name: token.text, range: rangeBetween(dot.range, token.range) });
    } else {
      complainAboutSplatStep(parser, star, token);
      parser.recovering = true;
      return undefined;
    }
  }
  return steps;
}

function complainAboutSplatStep(parser: Parser, star: SeenToken, token: SeenToken): void {
  if (token.type === "Star") {
    parser.complain(
      "Nested splat expression not allowed",
      "A splat expression (*) cannot be used inside another attribute-only splat expression.",
      { subject: token.range },
    );
    return;
  }
  parser.complain("Invalid attribute name", "An attribute name is required after a dot.", { subject: star.range });
}

function parseBrackets(parser: Parser, node: ExpressionNode, from: ExpressionNode): ExpressionNode {
  const open = parser.read();
  return parser.peek().type === "Star"
    ? parseFullSplat(parser, node, { from, open })
    : parseIndex(parser, node, { from, open });
}

interface Brackets {
  /** The term at the beginning of the chain. */
  readonly from: ExpressionNode;
  readonly open: SeenToken;
}

// `[*]` takes all the accesses behind it along.
function parseFullSplat(parser: Parser, source: ExpressionNode, { from, open }: Brackets): ExpressionNode {
  parser.read();
  const close = parseClose(parser, {
    summary: "Missing close bracket on splat index",
    detail: 'The star for a full splat operator must be immediately followed by a closing bracket ("]").',
  });
  const markerRange = rangeBetween(open.range, close.range);
  const item: SplatItemNode = { kind: "splatItem", range: markerRange };
  const each = parser.nested(() => parseTraversals(parser, item)) ?? placeholder(markerRange);
  return { kind: "splat", source, each, item, markerRange, range: rangeBetween(from.range, each.range) };
}

function parseIndex(parser: Parser, collection: ExpressionNode, { from, open }: Brackets): ExpressionNode {
  const { key, close } = parser.withNewlines(false, () => parseKey(parser));
  const bracketRange = rangeBetween(open.range, close.range);
  const constant = constantKey(key);
  if (constant !== undefined) return withStep(collection, { kind: "index", key: constant, range: bracketRange });
  const range = rangeBetween(from.range, bracketRange);
  return { kind: "index", collection, key, openRange: open.range, bracketRange, range };
}

function parseKey(parser: Parser): { key: ExpressionNode; close: SeenToken } {
  const { node: key, lost } = parser.attemptExpression();
  if (lost) return { key, close: parser.recover("CBrack") };
  const close = parseClose(parser, {
    summary: "Missing close bracket on index",
    detail: 'The index operator must end with a closing bracket ("]").',
  });
  return { key, close };
}

function parseClose(parser: Parser, otherwise: { summary: string; detail: string }): SeenToken {
  const close = parser.read();
  if (close.type === "CBrack" || parser.recovering) return close;
  // HCL blames the token that it finds when it skips to the bracket, not the one that is in its place.
  const found = parser.recover("CBrack");
  parser.report(otherwise.summary, otherwise.detail, { subject: found.range });
  return found;
}

function constantKey(key: ExpressionNode): Value | undefined {
  if (key.kind === "literal") return key.value;
  if (key.kind !== "template" || key.parts.length !== 1) return undefined;
  const [part] = key.parts;
  return part?.kind === "literal" ? part.value : undefined;
}
