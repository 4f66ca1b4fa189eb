import assert from "node:assert/strict";
import { test } from "node:test";
import { goQuote } from "./go-quote.ts";
import { type ComposeValue, compareText, goPrint, goPrintAsText, goSyntax, goType } from "./value.ts";

const value: ComposeValue = new Map<string, ComposeValue>([
  ["b", [1n, "x", null, true]],
  ["a", 1.5],
]);

test("values print as Go prints them", () => {
  assert.equal(goPrint(value), "map[a:1.5 b:[1 x <nil> true]]");
  assert.equal(goPrintAsText(value), "map[a:%!s(float64=1.5) b:[%!s(int=1) x <nil> %!s(bool=true)]]");
  assert.equal(
    goSyntax(value),
    'map[string]interface {}{"a":1.5, "b":[]interface {}{1, "x", interface {}(nil), true}}',
  );
});

test("floating point numbers print with the fewest digits, and an exponent from a million on", () => {
  const printed = [100_000, 123_456.5, 1_000_000, 1.2345e10, 1e21, 0.0001, 0.00001, -2.5, 0, -0, 1 / 3].map(goPrint);

  assert.deepEqual(printed, [
    "100000",
    "123456.5",
    "1e+06",
    "1.2345e+10",
    "1e+21",
    "0.0001",
    "1e-05",
    "-2.5",
    "0",
    "-0",
    "0.3333333333333333",
  ]);
});

test("types have Go's names", () => {
  const types = [null, "", true, 1n, 2n ** 63n, 1.5, [], new Map()].map((item) => goType(item));

  assert.deepEqual(types, [
    "<nil>",
    "string",
    "bool",
    "int",
    "uint64",
    "float64",
    "[]interface {}",
    "map[string]interface {}",
  ]);
});

test("texts are ordered by their bytes", () => {
  assert.deepEqual(["b", "\u{1f600}", "\uffee", "a", "B"].sort(compareText), ["B", "a", "b", "\uffee", "\u{1f600}"]);
});

test("quotes escape what cannot be seen", () => {
  assert.equal(goQuote('a"b\\\n\u0001é\u200b\u{1f600}'), '"a\\"b\\\\\\n\\x01é\\u200b\u{1f600}"');
});
