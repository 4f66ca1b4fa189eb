import { stringValue } from "../cty/index.ts";
import { formatRange, type Position, rangeAt, rangeBetween, type SourceRange } from "../diagnostics/source-range.ts";
import { type Parser, placeholder } from "./parser.ts";
import type { ClosingPart, ForPart, IfPart, TemplatePart } from "./template-parts.ts";
import type { ExpressionNode, TemplateNode } from "./tree.ts";

/** Makes a tree of a template's parts by matching its directives: hclsyntax's `templateParser`. */
export function buildTemplate(parser: Parser, parts: readonly TemplatePart[]): ExpressionNode[] {
  const reader = new PartReader(parser, parts);
  const nodes: ExpressionNode[] = [];
  while (reader.peek().kind !== "end") nodes.push(reader.parse());
  return nodes;
}

const UNBALANCED = "The control directives within this template are unbalanced.";

class PartReader {
  readonly #parser: Parser;
  readonly #parts: readonly TemplatePart[];
  #at = 0;

  constructor(parser: Parser, parts: readonly TemplatePart[]) {
    this.#parser = parser;
    this.#parts = parts;
  }

  peek(): TemplatePart {
    const part = this.#parts[this.#at];
    if (part === undefined) throw new Error("a template without an end");
    return part;
  }

  parse(): ExpressionNode {
    const part = this.peek();
    if (part.kind === "end") return placeholder(part.range);
    this.#at++;
    switch (part.kind) {
      case "literal":
        return { kind: "literal", value: stringValue(part.text), range: part.range };
      case "interpolation":
        return part.node;
      case "if":
        return this.#nested(part.range, () => this.#parseIf(part));
      case "for":
        return this.#nested(part.range, () => this.#parseFor(part));
      case "closing":
        return this.#refuse(part, UNBALANCED);
    }
  }

  #nested(range: SourceRange, rule: () => ExpressionNode): ExpressionNode {
    const node = this.#parser.nested(rule);
    if (node !== undefined) return node;
    this.#at = this.#parts.length - 1;
    return placeholder(range);
  }

  #refuse(part: ClosingPart, detail: string): ExpressionNode {
    this.#parser.report(`Unexpected ${part.name} directive`, detail, { subject: part.range });
    return placeholder(part.range);
  }

  #refuseEnd(range: SourceRange, open: IfPart | ForPart): ExpressionNode {
    this.#parser.report(
      "Unexpected end of template",
      `The ${open.kind} directive at ${formatRange(open.range)} is missing its corresponding end${open.kind} directive.`,
      { subject: range },
    );
    return placeholder(range);
  }

  #parseIf(open: IfPart): ExpressionNode {
    const whenTrue: ExpressionNode[] = [];
    const whenFalse: ExpressionNode[] = [];
    let current = whenTrue;
    for (;;) {
      const part = this.peek();
      if (part.kind === "end") return this.#refuseEnd(part.range, open);
      if (part.kind !== "closing") {
        current.push(this.parse());
        continue;
      }
      this.#at++;
      if (part.name === "else" && current === whenTrue) current = whenFalse;
      else if (part.name === "endif") return conditional(open, part, { whenTrue, whenFalse });
      else return this.#refuse(part, wrongInIf(part, open));
    }
  }

  #parseFor(open: ForPart): ExpressionNode {
    const content: ExpressionNode[] = [];
    for (;;) {
      const part = this.peek();
      if (part.kind === "end") return this.#refuseEnd(part.range, open);
      if (part.kind !== "closing") {
        content.push(this.parse());
        continue;
      }
      this.#at++;
      return part.name === "endfor" ? loop(open, part, content) : this.#refuse(part, wrongInFor(part, open));
    }
  }
}

function wrongInIf(part: ClosingPart, open: IfPart): string {
  const place = `the if started at ${formatRange(open.range)}.`;
  return part.name === "else" ? `Already in the else clause for ${place}` : `Expecting an endif directive for ${place}`;
}

function wrongInFor(part: ClosingPart, open: ForPart): string {
  if (part.name === "else") return "An else clause is not expected for a for directive.";
  return `Expecting an endfor directive corresponding to the for directive at ${formatRange(open.range)}.`;
}

function conditional(
  open: IfPart,
  close: ClosingPart,
  { whenTrue, whenFalse }: { whenTrue: readonly ExpressionNode[]; whenFalse: readonly ExpressionNode[] },
): ExpressionNode {
  return {
    kind: "conditional",
    condition: open.condition,
    whenTrue: template(whenTrue, open.range, open.range.end),
    whenFalse: template(whenFalse, close.range, close.range.start),
    range: rangeBetween(open.range, close.range),
  };
}

function loop(open: ForPart, close: ClosingPart, content: readonly ExpressionNode[]): ExpressionNode {
  const range = rangeBetween(open.range, close.range);
  return {
    kind: "templateJoin",
    range,
    tuple: {
      kind: "for",
      keyName: open.keyName,
      valueName: open.valueName,
      collection: open.collection,
      key: undefined,
      value: template(content, open.range, open.range.end),
      condition: undefined,
      group: false,
      openRange: open.range,
      range,
    },
  };
}

// What is inside of a directive; nothing is an empty string at `position`.
function template(parts: readonly ExpressionNode[], { filename }: SourceRange, position: Position): TemplateNode {
  const first = parts[0];
  const last = parts[parts.length - 1];
  if (first !== undefined && last !== undefined) {
    return { kind: "template", parts, range: rangeBetween(first.range, last.range) };
  }
  const range = rangeAt(filename, position);
  return { kind: "template", parts: [{ kind: "literal", value: stringValue(""), range }], range };
}
