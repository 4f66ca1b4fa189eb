import {
  boolValue,
  dynamicNull,
  numberValue,
  objectValue,
  stringType,
  stringValue,
  tupleValue,
  type Value,
} from "../cty/index.ts";
import { type Diagnostic, errorDiagnostic } from "../diagnostics/diagnostic.ts";
import { quote } from "../diagnostics/quote.ts";
import { formatRange, type SourceRange } from "../diagnostics/source-range.ts";
import { tryConvert } from "../eval/conversion.ts";
import type { EvalContext } from "../eval/eval-context.ts";
import type { Evaluation, Expression, StaticCall, StaticEntry } from "../eval/expression.ts";
import { NativeExpression } from "../eval/native-expression.ts";
import { unknown } from "../eval/scope.ts";
import { parseExpressionSyntax, parseTemplateSyntax, parseTraversalSyntax } from "../syntax/parse.ts";
import type { Traversal } from "../syntax/tree.ts";
import { type JsonNode, type JsonObject, type JsonProperty, type JsonString, startRangeOfJson } from "./json-node.ts";

interface ParsedTemplate {
  readonly expression: NativeExpression;
  readonly diagnostics: readonly Diagnostic[];
}

/** A value of JSON as an expression; its strings are templates: HCL's `json/structure.go`. */
export class JsonExpression implements Expression {
  readonly node: JsonNode;
  #template: ParsedTemplate | undefined;

  constructor(node: JsonNode) {
    this.node = node;
  }

  get range(): SourceRange {
    return this.node.range;
  }

  get startRange(): SourceRange {
    return startRangeOfJson(this.node);
  }

  evaluate(context: EvalContext | undefined): Evaluation {
    const diagnostics: Diagnostic[] = [];
    const value = this.#evaluate(context, diagnostics);
    return { value, diagnostics };
  }

  variables(): Traversal[] {
    if (this.node.kind !== "string") return this.#parts().flatMap((part) => part.variables());
    const { expression, diagnostics } = this.#parseTemplate(this.node);
    return diagnostics.length > 0 ? [] : expression.variables();
  }

  functionCalls(): string[] {
    const { node } = this;
    if (node.kind !== "string") return [...new Set(this.#parts().flatMap((part) => part.functionCalls()))];
    // Bake reads the string as an expression here, so calls inside of a template with text around it are not found.
    const { result, diagnostics } = parseExpressionSyntax(node.value, placeOf(node));
    return diagnostics.length > 0 ? [] : [...new Set(new NativeExpression(result).functionCalls())];
  }

  asTraversal(): Traversal | undefined {
    if (this.node.kind !== "string") return undefined;
    const { result, diagnostics } = parseTraversalSyntax(this.node.value, placeOf(this.node));
    return diagnostics.length > 0 ? undefined : result;
  }

  asCall(): StaticCall | undefined {
    if (this.node.kind !== "string") return undefined;
    const { result, diagnostics } = parseExpressionSyntax(this.node.value, placeOf(this.node));
    return diagnostics.length > 0 ? undefined : new NativeExpression(result).asCall();
  }

  asList(): readonly Expression[] | undefined {
    return this.node.kind === "array" ? this.node.values.map((value) => new JsonExpression(value)) : undefined;
  }

  asEntries(): readonly StaticEntry[] | undefined {
    if (this.node.kind !== "object") return undefined;
    return this.node.properties.map((property) => ({
      key: nameExpression(property),
      value: new JsonExpression(property.value),
    }));
  }

  // What is inside of an array or object; names are expressions too.
  #parts(): JsonExpression[] {
    const { node } = this;
    if (node.kind === "array") return node.values.map((value) => new JsonExpression(value));
    if (node.kind !== "object") return [];
    return node.properties.flatMap((property) => [nameExpression(property), new JsonExpression(property.value)]);
  }

  #parseTemplate(node: JsonString): ParsedTemplate {
    if (this.#template === undefined) {
      const { filename, start } = node.range;
      // Behind the quote. Escapes are resolved already, so positions behind one are off, as they are in HCL.
      const place = { filename, start: { ...start, column: start.column + 1, byte: start.byte + 1 } };
      const { result, diagnostics } = parseTemplateSyntax(node.value, place);
      this.#template = { expression: new NativeExpression(result), diagnostics };
    }
    return this.#template;
  }

  #evaluate(context: EvalContext | undefined, diagnostics: Diagnostic[]): Value {
    const { node } = this;
    switch (node.kind) {
      case "string":
        return context === undefined ? stringValue(node.value) : this.#evaluateString(node, context, diagnostics);
      case "number":
        return numberValue(node.value);
      case "boolean":
        return boolValue(node.value);
      case "null":
        return dynamicNull;
      case "invalid":
        return unknown;
      case "array":
        return tupleValue(node.values.map((value) => new JsonExpression(value).#evaluate(context, diagnostics)));
      case "object":
        return evaluateObject(node, (part) => part.#evaluate(context, diagnostics), diagnostics);
    }
  }

  #evaluateString(node: JsonString, context: EvalContext, diagnostics: Diagnostic[]): Value {
    const template = this.#parseTemplate(node);
    if (template.diagnostics.length > 0) {
      for (const diagnostic of template.diagnostics) diagnostics.push(diagnostic);
      return unknown;
    }
    const result = template.expression.evaluate(context);
    for (const diagnostic of result.diagnostics) diagnostics.push(diagnostic);
    return result.value;
  }
}

function placeOf({ range }: JsonString): { filename: string; start: SourceRange["start"] } {
  return { filename: range.filename, start: range.start };
}

function nameExpression({ name, nameRange }: JsonProperty): JsonExpression {
  return new JsonExpression({ kind: "string", value: name, range: nameRange });
}

function evaluateObject(
  { properties }: JsonObject,
  evaluate: (part: JsonExpression) => Value,
  diagnostics: Diagnostic[],
): Value {
  const attributes = new Map<string, Value>();
  const ranges = new Map<string, SourceRange>();
  let isComplete = true;
  for (const property of properties) {
    const key = evaluate(nameExpression(property));
    const value = evaluate(new JsonExpression(property.value));
    const name = nameOf(key);
    if ("problem" in name) {
      diagnostics.push(errorDiagnostic("Invalid object key expression", name.problem, { subject: property.nameRange }));
    } else if (name.text === undefined) {
      isComplete = false;
    } else if (attributes.has(name.text)) {
      diagnostics.push(duplicate(name.text, ranges.get(name.text), property.nameRange));
    } else {
      attributes.set(name.text, value);
      ranges.set(name.text, property.nameRange);
    }
  }
  return isComplete ? objectValue(attributes) : unknown;
}

function duplicate(name: string, first: SourceRange | undefined, subject: SourceRange): Diagnostic {
  const place = first === undefined ? "" : formatRange(first);
  const detail = `An attribute named ${quote(name)} was already defined at ${place}.`;
  return errorDiagnostic("Duplicate object attribute", detail, { subject });
}

function nameOf(key: Value): { readonly text: string | undefined } | { readonly problem: string } {
  const converted = tryConvert(key, stringType);
  if ("problem" in converted) return { problem: `Cannot use this expression as an object key: ${converted.problem}.` };
  if (converted.value.isNull) return { problem: "Cannot use null value as an object key." };
  return { text: converted.value.isKnown ? converted.value.asString() : undefined };
}
