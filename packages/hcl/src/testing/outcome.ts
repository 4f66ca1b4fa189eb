import { bigFloatText, compareStrings, encodeJson, type Type, type Value } from "../cty/index.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import type { SourceRange } from "../diagnostics/source-range.ts";
import type { Attribute, Body, BodyContent, BodySchema } from "../eval/body.ts";
import type { EvalContext } from "../eval/eval-context.ts";
import type { Expression } from "../eval/expression.ts";
import { isWhollyKnown } from "../eval/scope.ts";
import type { Traversal, TraversalStep } from "../syntax/tree.ts";

/** A range as the test data has it. */
export function describeRange({ start, end }: SourceRange): string {
  return `${start.line},${start.column},${start.byte}-${end.line},${end.column},${end.byte}`;
}

/** Diagnostics as the test data has them. */
export function describeAll(diagnostics: readonly Diagnostic[]): string[] {
  return diagnostics.map(({ summary, detail, subject, context }) => {
    const place = subject === undefined ? "nowhere" : describeRange(subject);
    return `${place} ${summary}; ${detail}${context === undefined ? "" : ` (in ${describeRange(context)})`}`;
  });
}

/** An expression, evaluated, as the test data has it. */
export function describeExpression(expression: Expression, context: EvalContext): unknown {
  const { value, diagnostics } = expression.evaluate(context);
  return {
    value: describeValue(value),
    range: describeRange(expression.range),
    start: describeRange(expression.startRange),
    variables: expression.variables().map(describeTraversal),
    diagnostics: describeAll(diagnostics),
  };
}

/** What a schema finds in a body, as the test data has it. */
export function describeBody(body: Body, schema: BodySchema, context: EvalContext): unknown {
  const content = body.content(schema);
  const partial = body.partialContent(schema);
  const rest = partial.remain.justAttributes();
  return {
    content: describeContent(content, context),
    contentDiagnostics: describeAll(content.diagnostics),
    partialDiagnostics: describeAll(partial.diagnostics),
    remain: describeAttributes(rest.attributes, context),
    remainDiagnostics: describeAll(rest.diagnostics),
  };
}

/** Attributes as the test data has them, by name. */
export function describeAttributes(attributes: ReadonlyMap<string, Attribute>, context: EvalContext): unknown[] {
  const sorted = [...attributes.values()].sort((a, b) => compareStrings(a.name, b.name));
  return sorted.map(({ name, range, nameRange, expression }) => ({
    name,
    range: describeRange(range),
    nameRange: describeRange(nameRange),
    expression: describeExpression(expression, context),
  }));
}

function describeContent({ attributes, blocks }: BodyContent, context: EvalContext): unknown {
  return {
    attributes: describeAttributes(attributes, context),
    blocks: blocks.map(({ type, labels, body, typeRange, labelRanges, defRange }) => {
      const inner = body.justAttributes();
      return {
        type,
        labels,
        typeRange: describeRange(typeRange),
        labelRanges: labelRanges.map(describeRange),
        defRange: describeRange(defRange),
        attributes: describeAttributes(inner.attributes, context),
        diagnostics: describeAll(inner.diagnostics),
      };
    }),
  };
}

function describeValue(value: Value): string {
  if (!isWhollyKnown(value)) return "unknown";
  return `${JSON.stringify(describeType(value.type))} ${encodeJson(value, value.type)}`;
}

/** A type as cty's JSON has it. */
export function describeType(type: Type): unknown {
  switch (type.kind) {
    case "list":
    case "set":
    case "map":
      return [type.kind, describeType(type.element)];
    case "tuple":
      return ["tuple", type.elements.map(describeType)];
    case "object": {
      const attributes = Object.fromEntries([...type.attributes].map(([name, inner]) => [name, describeType(inner)]));
      return ["object", attributes, ...(type.optional.size > 0 ? [[...type.optional].sort()] : [])];
    }
    default:
      return type.kind;
  }
}

function describeTraversal(traversal: Traversal): string {
  return traversal.map(describeStep).join("");
}

function describeStep(step: TraversalStep): string {
  if (step.kind === "root") return step.name;
  if (step.kind === "attribute") return `.${step.name}`;
  if (step.key.isKnown && !step.key.isNull) {
    if (step.key.type.kind === "string") return `[${JSON.stringify(step.key.asString())}]`;
    if (step.key.type.kind === "number") return `[${bigFloatText(step.key.asNumber())}]`;
  }
  return "[?]";
}
