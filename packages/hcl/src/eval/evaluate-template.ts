import { stringType, stringValue, unknownValue, type Value } from "../cty/index.ts";
import type { TemplateJoinNode, TemplateNode } from "../syntax/tree.ts";
import { tryConvert } from "./conversion.ts";
import type { Scope } from "./scope.ts";

const INVALID = "Invalid template interpolation value";

/** A string with interpolations: hclsyntax's `TemplateExpr`. */
export function evaluateTemplate({ parts, range }: TemplateNode, scope: Scope): Value {
  const texts: string[] = [];
  let isKnown = true;
  for (const part of parts) {
    const value = scope.evaluate(part);
    const place = { subject: part.range, context: range };
    if (value.isNull) {
      const detail = "The expression result is null. Cannot include a null value in a string template.";
      scope.report(INVALID, detail, place);
    } else if (!value.isKnown) {
      isKnown = false;
    } else {
      const converted = tryConvert(value, stringType);
      if ("value" in converted) texts.push(converted.value.asString());
      else scope.report(INVALID, `Cannot include the given value in a string template: ${converted.problem}.`, place);
    }
  }
  return isKnown ? stringValue(texts.join("")) : unknownValue(stringType);
}

/** The results of a `for` directive as one string: hclsyntax's `TemplateJoinExpr`. */
export function evaluateTemplateJoin({ tuple, range }: TemplateJoinNode, scope: Scope): Value {
  const results = scope.evaluate(tuple);
  if (!results.isKnown) return unknownValue(stringType);
  const texts: string[] = [];
  for (const value of results.asElements()) {
    if (!value.isKnown) return unknownValue(stringType);
    // Each result is a template, and so a string.
    const converted = tryConvert(value, stringType);
    if ("value" in converted) texts.push(converted.value.asString());
    else {
      const detail = `Cannot include one of the interpolation results into the string template: ${converted.problem}.`;
      scope.report(INVALID, detail, { subject: range });
    }
  }
  return stringValue(texts.join(""));
}
