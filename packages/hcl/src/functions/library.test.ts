import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { bigFloatText, encodeJson, encodeJsonType, type Value } from "../cty/index.ts";
import { EvalContext } from "../eval/eval-context.ts";
import { parseHclExpression } from "../file.ts";
import { createStandardLibrary } from "./index.ts";

/** What bake's own library made of an expression: see testdata/README.md. */
interface Outcome {
  readonly expression: string;
  readonly result?: Typed;
  readonly summary?: string;
  readonly detail?: string;
}

interface Typed {
  readonly type: string;
  readonly value: string;
}

const functions = createStandardLibrary({
  now: () => 0,
  homeDirectory: () => "/home/user",
  randomBytes: (size) => new Uint8Array(size),
});
const context = new EvalContext({ variables: new Map(), functions });

const groups = [
  "numbers",
  "logic",
  "sequences",
  "sets",
  "maps",
  "strings",
  "regex",
  "format",
  "time",
  "data",
  "network",
  "crypto",
  "expressions",
];

for (const group of groups) {
  test(`the expressions of group ${group} come out as in bake`, async () => {
    const file = new URL(`testdata/${group}.json`, import.meta.url);
    const expected: readonly Outcome[] = JSON.parse(await readFile(file, "utf8"));

    const outcomes = expected.map(({ expression }) => evaluate(expression));

    assert.ok(expected.length > 30);
    assert.deepEqual(outcomes, expected);
  });
}

function evaluate(text: string): Outcome {
  const { expression } = parseHclExpression(text, { filename: "x.hcl" });
  const { value, diagnostics } = expression.evaluate(context);
  const [first] = diagnostics;
  if (first === undefined) return { expression: text, result: typed(value) };
  return { expression: text, summary: first.summary, detail: first.detail };
}

function typed(value: Value): Typed {
  const type = encodeJsonType(value.type);
  if (!value.isKnown) return { type, value: "unknown" };
  const infinite = value.type.kind === "number" && !value.isNull && value.asNumber().infinite;
  return { type, value: infinite ? bigFloatText(value.asNumber()) : encodeJson(value) };
}
