// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the language under test writes templates so
import assert from "node:assert/strict";
import { test } from "node:test";
import { numberValue, stringValue } from "../cty/index.ts";
import { parseHclExpression, parseHclTemplate } from "../file.ts";
import { readCases } from "../testing/cases.ts";
import { describeAll, describeExpression, describeType } from "../testing/outcome.ts";
import { sampleContext } from "../testing/sample-context.ts";
import { EvalContext } from "./eval-context.ts";
import type { Expression } from "./expression.ts";
import { parseTypeExpression } from "./type-expression.ts";

interface ExpressionCase {
  readonly mode: "expression" | "template" | "type";
  readonly source: string;
  readonly outcome?: unknown;
  readonly parse?: readonly string[];
}

const place = { filename: "test.hcl" };

function expression(source: string): Expression {
  const parsed = parseHclExpression(source, place);
  assert.deepEqual(parsed.diagnostics, []);
  return parsed.expression;
}

function outcomeOf({ mode, source }: ExpressionCase): Pick<ExpressionCase, "outcome" | "parse"> {
  const parsed = (mode === "template" ? parseHclTemplate : parseHclExpression)(source, place);
  if (parsed.diagnostics.length > 0) return { parse: describeAll(parsed.diagnostics) };
  if (mode !== "type") return { outcome: describeExpression(parsed.expression, sampleContext()) };
  const { type, diagnostics } = parseTypeExpression(parsed.expression);
  return { outcome: diagnostics.length > 0 ? describeAll(diagnostics) : describeType(type) };
}

test("expressions have the values, types and faults that HCL gives them", () => {
  for (const given of readCases<ExpressionCase>("expressions.json")) {
    const { mode, source, ...expected } = given;
    assert.deepEqual(outcomeOf({ mode, source }), expected, source);
  }
});

test("variables are looked up only when they are needed", () => {
  const asked: string[] = [];
  const variables = {
    get(name: string) {
      asked.push(name);
      return name === "known" ? numberValue(1) : undefined;
    },
    keys: () => ["known"],
  };

  const { value } = expression("known + 1").evaluate(new EvalContext({ variables }));

  assert.equal(value.asNumber().toNumber(), 2);
  assert.deepEqual(asked, ["known"]);
});

test("names of an inner context hide those of the outer one", () => {
  const outer = new EvalContext({ variables: new Map([["a", stringValue("outer")]]) });
  const inner = outer.child({ variables: new Map([["a", stringValue("inner")]]) });

  assert.equal(expression("a").evaluate(inner).value.asString(), "inner");
  assert.equal(expression("a").evaluate(outer).value.asString(), "outer");
});

test("without a context neither variables nor functions can be used", () => {
  const summaries = ["a", "f()"].map((source) => expression(source).evaluate(undefined).diagnostics[0]?.summary);

  assert.deepEqual(summaries, ["Variables not allowed", "Function calls not allowed"]);
});

test("an expression tells which functions it calls", () => {
  const calls = expression('[for v in f(a): "${g(v)}" if h(i::j(1))]').functionCalls();

  assert.deepEqual(calls, ["f", "g", "h", "i::j"]);
});

test("conditions may use functions of the loop's elements", () => {
  const { value, diagnostics } = expression('[for v in list: v if join("-", ["x", v]) == "x-b"]').evaluate(
    sampleContext(),
  );

  assert.deepEqual(diagnostics, []);
  assert.deepEqual(
    value.asElements().map((element) => element.asString()),
    ["b"],
  );
});
