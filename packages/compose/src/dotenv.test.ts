// biome-ignore-all lint/suspicious/noTemplateCurlyInString: this is how compose files write variables
import assert from "node:assert/strict";
import { test } from "node:test";
import { parseDotenv } from "./dotenv.ts";

const lookup = (name: string): string | undefined => (name === "OUTER" ? "outer" : undefined);
const parse = (text: string): Record<string, string> => Object.fromEntries(parseDotenv(text, lookup));

const files: readonly (readonly [what: string, text: string, result: Record<string, string>])[] = [
  ["simple lines", "A=1\nB = 2 \r\nC: 3", { A: "1", B: "2", C: "3" }],
  ["a byte order mark", "\ufeffA=1", { A: "1" }],
  ["comments", "# all\nA=1 # end\nB=1#2\n  # more\nC='#' # x", { A: "1", B: "1#2", C: "#" }],
  ["export", "export A=1\nexport\tB=2\nexported=3", { A: "1", B: "2", exported: "3" }],
  ["single quotes", "A='$OUTER\\n'\nB='it\\'s'", { A: "$OUTER\\n", B: "it's" }],
  ["double quotes", 'A="$OUTER\\n\\t\\"\\\\ \\$OUTER"\nB="two\nlines"', { A: 'outer\n\t"\\ $OUTER', B: "two\nlines" }],
  ["octal escapes", 'A="\\0101\\012"', { A: "A\\12" }],
  [
    "variables of the lookup, then of lines above",
    "A=a\nOUTER=x\nB=$A-${OUTER}-${NONE:-d}",
    { A: "a", OUTER: "x", B: "a-outer-d" },
  ],
  ["names alone", "OUTER\nNONE\nA=1", { OUTER: "outer", A: "1" }],
  ["no value", "A=\nB=''", { A: "", B: "" }],
  ["the last of two", "A=1\nA=2", { A: "2" }],
  ["names with dots and brackets", "a.b-c[0]=1", { "a.b-c[0]": "1" }],
];

for (const [what, text, result] of files)
  test(`reads ${what}`, () => {
    assert.deepEqual(parse(text), result);
  });

const mistakes: readonly (readonly [text: string, message: string])[] = [
  ["A=1\nB C=2", "line 2: key cannot contain a space"],
  ["A=1\n\nB!=2", 'line 3: unexpected character "!" in variable name "B!=2"'],
  ['A="x\ny', 'line 2: unterminated quoted value "x'],
  ["A=${", 'Invalid template: "${"'],
  ["A=${B:?no}", "required variable B is missing a value: no"],
  ["export ", "zero length string"],
];

for (const [text, message] of mistakes)
  test(`tells what is wrong with ${JSON.stringify(text)}`, () => {
    assert.throws(() => parse(text), { code: "dotenv_syntax", message });
  });

test("goes on from the variables it is given", () => {
  const into = new Map([["A", "1"]]);

  parseDotenv("B=$A", undefined, into);

  assert.deepEqual(Object.fromEntries(into), { A: "1", B: "1" });
});

test("a megabyte of anything takes linear time", () => {
  const long = " ".repeat(1_000_000);

  assert.equal(parse(`A=${long}x`)["A"], "x");
  assert.equal(parse(`A=x${long}y`)["A"], `x${long}y`);
  assert.throws(() => parse(`A='${"\\".repeat(1_000_000)}`), { code: "dotenv_syntax" });
});
