// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the language under test writes templates so
import assert from "node:assert/strict";
import { test } from "node:test";
import { numberValue, stringValue, tupleValue } from "./cty/index.ts";
import { EvalContext } from "./eval/eval-context.ts";
import { type HclFile, parseHcl, parseJsonHcl } from "./file.ts";

const MEBIBYTE = 1 << 20;
const DEEP = 10_000;

const context = new EvalContext({
  variables: new Map([["l", tupleValue([numberValue(1)])]]),
  functions: new Map(),
});

/** Parses and evaluates; the summaries of what was wrong. */
function outcome({ body, diagnostics }: HclFile): string[] {
  if (diagnostics.length > 0) return diagnostics.map(({ summary }) => summary);
  return [...body.justAttributes().attributes.values()].flatMap(({ expression }) => {
    expression.variables();
    expression.functionCalls();
    return expression.evaluate(context).diagnostics.map(({ summary }) => summary);
  });
}

test("a mebibyte of braces ends in a diagnostic", { timeout: 120_000 }, () => {
  assert.deepEqual(outcome(parseHcl("{".repeat(MEBIBYTE), "f.hcl")), ["Argument or block definition required"]);
  assert.deepEqual(outcome(parseHcl(`a = ${"{".repeat(MEBIBYTE)}`, "f.hcl")), ["Nesting too deep"]);
});

for (const [name, source] of [
  ["parentheses", `a = ${"(".repeat(DEEP)}1${")".repeat(DEEP)}\n`],
  ["templates", `a = ${'"${'.repeat(DEEP)}1${'}"'.repeat(DEEP)}\n`],
  ["tuples", `a = ${"[".repeat(DEEP)}${"]".repeat(DEEP)}\n`],
  ["calls", `a = ${"f(".repeat(DEEP)}${")".repeat(DEEP)}\n`],
  ["signs", `a = ${"!".repeat(DEEP)}true\n`],
  ["splats", `a = l${"[*]".repeat(DEEP)}\n`],
  ["conditionals", `a = ${"true ? 1 : ".repeat(DEEP)}1\n`],
  ["indexes", `a = l${"[l]".repeat(DEEP)}\n`],
  ["directives", `a = "${"%{if true}".repeat(DEEP)}${"%{endif}".repeat(DEEP)}"\n`],
  ["blocks", `${"a {\n".repeat(DEEP)}${"}\n".repeat(DEEP)}`],
] as const) {
  test(`${name} nested ten thousand deep end in a diagnostic`, () => {
    assert.equal(outcome(parseHcl(source, "f.hcl"))[0], "Nesting too deep");
  });
}

test("JSON nested ten thousand deep ends in a diagnostic", () => {
  assert.equal(outcome(parseJsonHcl(`${"[".repeat(DEEP)}${"]".repeat(DEEP)}`, "f.json"))[0], "Nesting too deep");
  assert.equal(outcome(parseJsonHcl('{"a":'.repeat(DEEP), "f.json"))[0], "Nesting too deep");
});

test("nesting as deep as anyone writes is fine", () => {
  const source = `a = ${"[(".repeat(90)}1${")]".repeat(90)}\n`;

  assert.deepEqual(outcome(parseHcl(source, "f.hcl")), []);
});

test("long chains are not deep", () => {
  assert.deepEqual(outcome(parseHcl(`a = ${"1 + ".repeat(5_000)}1\n`, "f.hcl")), []);
  assert.equal(outcome(parseHcl(`a = ${"nope + ".repeat(5_000)}1\n`, "f.hcl")).length, 5_000);
  assert.deepEqual(outcome(parseHcl(`a = [${"1,".repeat(50_000)}]\n`, "f.hcl")), []);
});

test("openings without an end are searched for it only once", { timeout: 30_000 }, () => {
  for (const part of ["/*", "<<", "<<a", '"', "${", "a = <<A\n", "f::", "\\q"]) {
    const source = `a = "${part.repeat(20_000)}`;
    assert.ok(outcome(parseHcl(source, "f.hcl")).length > 0);
    assert.ok(outcome(parseHcl(`a = ${part.repeat(20_000)}`, "f.hcl")).length > 0);
  }
});

test("loops in conditions of loops end in a diagnostic", { timeout: 60_000 }, () => {
  const source = `a = ${"[for x in [1, 2]: x if ".repeat(60)}true${" != []]".repeat(60)}\n`;

  assert.deepEqual(outcome(parseHcl(source, "f.hcl")), ["Expression too complex"]);
});

test("a text that grows without measure ends in a diagnostic", () => {
  const source = 'a = "%{ for x in many }${text}%{ endfor }"\n';
  const variables = new Map([
    ["many", tupleValue(Array.from({ length: 100 }, () => numberValue(1)))],
    ["text", stringValue("x".repeat(1 << 20))],
  ]);

  const { body } = parseHcl(source, "f.hcl");

  const { diagnostics } =
    body.justAttributes().attributes.get("a")?.expression.evaluate(new EvalContext({ variables })) ?? {};
  assert.equal(diagnostics?.[0]?.summary, "Template result too long");
});
