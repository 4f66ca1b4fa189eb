// biome-ignore-all lint/suspicious/noTemplateCurlyInString: this is how compose files write variables
import assert from "node:assert/strict";
import { test } from "node:test";
import { isProblem } from "@opendepot/base";
import { InvalidTemplateError, substitute } from "./template.ts";

const variables = new Map([
  ["SET", "set"],
  ["EMPTY", ""],
  ["_lower1", "lower"],
]);
const put = (text: string): string => substitute(text, { lookup: (name) => variables.get(name) });

const substitutions: readonly (readonly [text: string, result: string])[] = [
  ["$SET-${SET}", "set-set"],
  ["$_lower1$", "lower$"],
  ["$$SET $${SET} $1", "$SET ${SET} $1"],
  ["${SET:-d}|${EMPTY:-d}|${NONE:-d}", "set|d|d"],
  ["${SET-d}|${EMPTY-d}|${NONE-d}", "set||d"],
  ["${SET:+o}|${EMPTY:+o}|${NONE:+o}", "o||"],
  ["${SET+o}|${EMPTY+o}|${NONE+o}", "o|o|"],
  ["${SET:?m}|${EMPTY?m}", "set|"],
  ["${NONE:-${EMPTY:-${SET}!}!}!", "set!!!"],
  ['${NONE:-{"a":1}}', '{"a":1}'],
  ["${NONE:-a}\n${NONE:-b}", "a\nb"],
  ["${NONE-a:-b}", "a:-b"],
];

for (const [text, result] of substitutions)
  test(`substitutes ${JSON.stringify(text)}`, () => {
    assert.equal(put(text), result);
  });

test("a required variable without a value fails with its message, in which variables are put", () => {
  assert.throws(() => put("${NONE:?not ${SET}}"), {
    code: "compose_interpolation",
    message: "required variable NONE is missing a value: not set",
  });
  assert.throws(() => put("${EMPTY:?}"), { message: "required variable EMPTY is missing a value" });
});

test("braces that begin no substitution fail with the text around them", () => {
  for (const text of ["${", "${}", "${1}", "a ${SET b", "${SET!}"])
    assert.throws(
      () => put(text),
      (error) => error instanceof InvalidTemplateError && error.template === text,
    );
});

test("the innermost text is the one that is told", () => {
  assert.throws(
    () => put("${NONE:-${}} tail"),
    (error) => error instanceof InvalidTemplateError && error.template === "${}",
  );
});

test("variables that are not set are told once each time they are used", () => {
  const unset: string[] = [];

  substitute("$A ${A} ${B:-c} $SET", { lookup: (name) => variables.get(name), onUnset: (name) => unset.push(name) });

  assert.deepEqual(unset, ["A", "A"]);
});

test("deep nesting ends in a problem, and long texts take linear time", () => {
  const deep = "${A:-".repeat(10_000) + "}".repeat(10_000);

  assert.throws(
    () => put(deep),
    (error) => isProblem(error, "compose_limit"),
  );
  assert.throws(() => put("${A:-".repeat(200_000)), InvalidTemplateError);
  assert.equal(put("${A:-x}".repeat(100_000)).length, 100_000);
});
