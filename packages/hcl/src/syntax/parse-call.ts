import { type Diagnostic, errorDiagnostic } from "../diagnostics/diagnostic.ts";
import { rangeBetween } from "../diagnostics/source-range.ts";
import type { Parser, SeenToken } from "./parser.ts";
import type { ExpressionNode } from "./tree.ts";

/** A call of a function whose (first) name was just read: hclsyntax's `finishParsingFunctionCall`. */
export function parseFunctionCall(parser: Parser, first: SeenToken): ExpressionNode {
  let open = parser.read();
  let last = first;
  let name = first.text;
  while (open.type === "DoubleColon") {
    last = parser.read();
    if (last.type !== "Ident") {
      return rejectCall(parser, first, last, {
        summary: "Missing function name",
        detail: "Function scope resolution symbol :: must be followed by a function name in this scope.",
      });
    }
    name += `::${last.text}`;
    open = parser.read();
  }
  if (open.type !== "OParen") {
    return rejectCall(parser, first, open, {
      summary: "Missing open parenthesis",
      detail: "Function selector must be followed by an open parenthesis to begin the function call.",
    });
  }
  const nameRange = rangeBetween(first.range, last.range);
  const { args, expandFinal, close } = parser.withNewlines(false, () => parseArguments(parser, first, open));
  const closeParenRange = close?.range ?? NOWHERE;
  const range = rangeBetween(nameRange, closeParenRange);
  return {
    kind: "functionCall",
    name,
    args,
    expandFinal,
    nameRange,
    openParenRange: open.range,
    closeParenRange,
    range,
  };
}

// A call without a closing parenthesis is an error, so its range is never shown.
const NOWHERE = { filename: "", start: { line: 0, column: 0, byte: 0 }, end: { line: 0, column: 0, byte: 0 } };

function rejectCall(
  parser: Parser,
  first: SeenToken,
  bad: SeenToken,
  { summary, detail }: Pick<Diagnostic, "summary" | "detail">,
): ExpressionNode {
  const range = rangeBetween(first.range, bad.range);
  const diagnostic = errorDiagnostic(summary, detail, { subject: bad.range, context: range });
  parser.diagnostics.push(diagnostic);
  parser.recoverOver("OParen");
  return { kind: "syntaxError", diagnostics: [diagnostic], range };
}

interface Arguments {
  readonly args: readonly ExpressionNode[];
  readonly expandFinal: boolean;
  readonly close: SeenToken | undefined;
}

function parseArguments(parser: Parser, name: SeenToken, open: SeenToken): Arguments {
  const args: ExpressionNode[] = [];
  while (parser.peek().type !== "CParen") {
    const { node, lost } = parser.attemptExpression();
    args.push(node);
    if (lost) return { args, expandFinal: false, close: recoverClose(parser) };
    const separator = parser.read();
    switch (separator.type) {
      case "CParen":
        return { args, expandFinal: false, close: separator };
      case "Ellipsis":
        return { args, expandFinal: true, close: parseAfterEllipsis(parser, name, separator) };
      case "Comma":
        break;
      default:
        complainAboutSeparator(parser, name, { separator, open });
        return { args, expandFinal: false, close: parser.recover("CParen") };
    }
  }
  return { args, expandFinal: false, close: parser.read() };
}

function recoverClose(parser: Parser): SeenToken | undefined {
  const token = parser.recover("CParen");
  return token.type === "CParen" ? token : undefined;
}

function parseAfterEllipsis(parser: Parser, name: SeenToken, ellipsis: SeenToken): SeenToken {
  if (parser.peek().type === "CParen") return parser.read();
  parser.complain(
    "Missing closing parenthesis",
    "An expanded function argument (with ...) must be immediately followed by closing parentheses.",
    { subject: ellipsis.range, context: rangeBetween(name.range, ellipsis.range) },
  );
  return parser.recover("CParen");
}

function complainAboutSeparator(
  parser: Parser,
  name: SeenToken,
  { separator, open }: { separator: SeenToken; open: SeenToken },
): void {
  if (separator.type === "EOF") {
    parser.report(
      "Unterminated function call",
      "There is no closing parenthesis for this function call before the end of the file. This may be caused by incorrect parenthesis nesting elsewhere in this file.",
      { subject: rangeBetween(name.range, open.range) },
    );
    return;
  }
  parser.report("Missing argument separator", "A comma is required to separate each function argument from the next.", {
    subject: separator.range,
    context: rangeBetween(name.range, separator.range),
  });
}
