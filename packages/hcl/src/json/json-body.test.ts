// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the language under test writes templates so
import assert from "node:assert/strict";
import { test } from "node:test";
import { keywordOf } from "../eval/expression.ts";
import { parseJsonHcl } from "../file.ts";
import { readCases } from "../testing/cases.ts";
import { describeAll, describeAttributes, describeBody } from "../testing/outcome.ts";
import { sampleContext } from "../testing/sample-context.ts";

interface JsonCase {
  readonly source: string;
  readonly schema?: {
    readonly attributes?: readonly { readonly name: string }[];
    readonly blocks?: readonly { readonly type: string; readonly labels?: readonly string[] }[];
  };
  readonly outcome?: unknown;
  readonly parse?: readonly string[];
}

function outcomeOf({ source, schema }: JsonCase): unknown {
  const { body, diagnostics } = parseJsonHcl(source, "test.json");
  if (diagnostics.length > 0) return { parse: describeAll(diagnostics) };
  const context = sampleContext();
  if (schema === undefined) {
    const found = body.justAttributes();
    const attributes = describeAttributes(found.attributes, context);
    return { outcome: { attributes, diagnostics: describeAll(found.diagnostics) } };
  }
  const blocks = schema.blocks?.map(({ type, labels = [] }) => ({ type, labelNames: labels })) ?? [];
  return { outcome: describeBody(body, { attributes: schema.attributes ?? [], blocks }, context) };
}

test("JSON is read as HCL reads it: bodies, templates in strings, ranges and faults", () => {
  for (const { source, schema, outcome, parse } of readCases<JsonCase & { mode: string }>("json.json")) {
    const expected = parse === undefined ? { outcome } : { parse };
    assert.deepEqual(outcomeOf(schema === undefined ? { source } : { source, schema }), expected, source);
  }
});

function attribute(source: string) {
  const found = parseJsonHcl(`{"a": ${source}}`, "test.json").body.justAttributes().attributes.get("a");
  assert.ok(found !== undefined);
  return found.expression;
}

test("without a context strings of JSON stay as they are", () => {
  assert.equal(attribute('"${name}"').evaluate(undefined).value.asString(), "${name}");
});

test("strings of JSON can spell names, calls and lists for static analysis", () => {
  assert.equal(keywordOf(attribute('"string"')), "string");
  assert.equal(attribute('"list(string)"').asCall()?.name, "list");
  assert.deepEqual(attribute('["a", "b"]').asList()?.map(keywordOf), ["a", "b"]);
  assert.deepEqual(
    attribute('{"k": 1}')
      .asEntries()
      ?.map(({ key }) => keywordOf(key)),
    ["k"],
  );
});

test("calls are found in strings that are one expression, not in templates with text around", () => {
  assert.deepEqual(attribute('["upper(a)", "x ${lower(b)}", {"f()": "g(h())"}]').functionCalls(), [
    "upper",
    "f",
    "g",
    "h",
  ]);
});
