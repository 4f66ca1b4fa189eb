import { numberType, stringValue, unknownValue } from "../cty/index.ts";
import { rangeBetween } from "../diagnostics/source-range.ts";
import { parseQuotedLabel } from "./parse-label.ts";
import { parseNumber } from "./parse-number.ts";
import type { Parser, SeenToken } from "./parser.ts";
import type { Traversal, TraversalStep } from "./tree.ts";

/** A reference up to the end of the text; ends early after an error. */
export function parseAbsoluteTraversal(parser: Parser): Traversal {
  const root = parser.read();
  if (root.type !== "Ident") {
    parser.report("Variable name required", "Must begin with a variable name.", { subject: root.range });
    return [];
  }
  const steps: TraversalStep[] = [{ kind: "root", name: root.text, range: root.range }];
  while (parser.peek().type !== "EOF") {
    const step = parseStep(parser, root);
    if (step !== undefined) steps.push(step);
    if (parser.diagnostics.length > 0) break;
  }
  return steps;
}

function parseStep(parser: Parser, root: SeenToken): TraversalStep | undefined {
  const next = parser.peek();
  if (next.type === "Dot") return parseAttributeStep(parser, root);
  if (next.type === "OBrack") return parseIndexStep(parser, root);
  refuse(parser, root, {
    token: next,
    summary: "Invalid character",
    detail: "Expected an attribute access or an index operator.",
  });
  return undefined;
}

function refuse(
  parser: Parser,
  root: SeenToken,
  { token, summary, detail }: { token: SeenToken; summary: string; detail: string },
): void {
  parser.report(summary, detail, { subject: token.range, context: rangeBetween(root.range, token.range) });
}

function parseAttributeStep(parser: Parser, root: SeenToken): TraversalStep | undefined {
  const dot = parser.read();
  const token = parser.read();
  if (token.type === "Ident") {
    return { kind: "attribute", name: token.text, range: rangeBetween(dot.range, token.range) };
  }
  const isSplat = token.type === "Star";
  const detail = isSplat ? "Splat expressions (.*) may not be used here." : "Dot must be followed by attribute name.";
  refuse(parser, root, { token, summary: "Attribute name required", detail });
  return undefined;
}

function parseIndexStep(parser: Parser, root: SeenToken): TraversalStep | undefined {
  const open = parser.read();
  const token = parser.peek();
  switch (token.type) {
    case "NumberLit": {
      parser.read();
      const key = parseNumber(parser, token) ?? unknownValue(numberType);
      return { kind: "index", key, range: rangeBetween(open.range, parseIndexEnd(parser, open).range) };
    }
    case "OQuote": {
      const key = stringValue(parseQuotedLabel(parser).text);
      return { kind: "index", key, range: rangeBetween(open.range, parseIndexEnd(parser, open).range) };
    }
    case "Star":
      refuse(parser, root, {
        token,
        summary: "Attribute name required",
        detail: "Splat expressions ([*]) may not be used here.",
      });
      return undefined;
    default:
      refuse(parser, root, {
        token,
        summary: "Index value required",
        detail: "Index brackets must contain either a literal number or a literal string.",
      });
      return undefined;
  }
}

function parseIndexEnd(parser: Parser, open: SeenToken): SeenToken {
  const close = parser.read();
  if (close.type === "CBrack") return close;
  parser.report("Unclosed index brackets", "Index key must be followed by a closing bracket.", {
    subject: close.range,
    context: rangeBetween(open.range, close.range),
  });
  return close;
}
