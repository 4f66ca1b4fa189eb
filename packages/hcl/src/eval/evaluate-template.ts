import { stringType, stringValue, unknownValue, type Value } from "../cty/index.ts";
import type { SourceRange } from "../diagnostics/source-range.ts";
import type { ExpressionNode, TemplateJoinNode, TemplateNode } from "../syntax/tree.ts";
import { tryConvert } from "./conversion.ts";
import type { Scope } from "./scope.ts";

/** Texts that contain themselves several times over grow without measure. */
const MAX_TEXT = 1 << 26;

const INVALID = "Invalid template interpolation value";

/** A string with interpolations: hclsyntax's `TemplateExpr`. */
export function evaluateTemplate(node: TemplateNode, scope: Scope): Value {
  const before = scope.diagnostics.length;
  const texts: string[] = [];
  let isKnown = true;
  let length = 0;
  for (const part of node.parts) {
    const text = textOf(part, node.range, scope);
    length += text?.length ?? 0;
    if (length > MAX_TEXT) return rejectLength(node.range, scope);
    if (text === undefined) isKnown = false;
    // What follows an error is looked at for other errors only.
    else if (scope.diagnostics.length === before) texts.push(text);
  }
  return isKnown ? stringValue(texts.join("")) : unknownValue(stringType);
}

function rejectLength(subject: SourceRange, scope: Scope): Value {
  scope.report("Template result too long", `The result would have more than ${MAX_TEXT} characters.`, { subject });
  return unknownValue(stringType);
}

// Undefined when the part is not known; empty after reporting that it is no text.
function textOf(part: ExpressionNode, context: SourceRange, scope: Scope): string | undefined {
  const value = scope.evaluate(part);
  const place = { subject: part.range, context };
  if (value.isNull) {
    const detail = "The expression result is null. Cannot include a null value in a string template.";
    scope.report(INVALID, detail, place);
    return "";
  }
  if (!value.isKnown) return undefined;
  const converted = tryConvert(value, stringType);
  if ("value" in converted) return converted.value.asString();
  scope.report(INVALID, `Cannot include the given value in a string template: ${converted.problem}.`, place);
  return "";
}

/** The results of a `for` directive as one string: hclsyntax's `TemplateJoinExpr`. */
export function evaluateTemplateJoin({ tuple, range }: TemplateJoinNode, scope: Scope): Value {
  const results = scope.evaluate(tuple);
  if (!results.isKnown) return unknownValue(stringType);
  const texts: string[] = [];
  let length = 0;
  for (const value of results.asElements()) {
    if (!value.isKnown) return unknownValue(stringType);
    // Each result is a template, and so a string.
    const converted = tryConvert(value, stringType);
    if ("value" in converted) {
      const text = converted.value.asString();
      length += text.length;
      if (length > MAX_TEXT) return rejectLength(range, scope);
      texts.push(text);
    } else {
      const detail = `Cannot include one of the interpolation results into the string template: ${converted.problem}.`;
      scope.report(INVALID, detail, { subject: range });
    }
  }
  return stringValue(texts.join(""));
}
