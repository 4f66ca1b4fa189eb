import assert from "node:assert/strict";
import { test } from "node:test";
import { formatFlatYaml, parseFlatYaml, setFlatYaml } from "./flat-yaml.ts";

function scalarOf(line: string): string | undefined {
  return parseFlatYaml(line)[0]?.value;
}

test("scalars are read in every style that settings come in", () => {
  assert.equal(scalarOf("api_token: abc"), "abc");
  assert.equal(scalarOf("api_token: abc # mine"), "abc");
  assert.equal(scalarOf("api_token: a#b"), "a#b");
  assert.equal(scalarOf('api_token: "a\\"b" # x'), 'a"b');
  assert.equal(scalarOf("api_token: 'it''s'"), "it's");
  assert.equal(scalarOf("api_url: http://h:1/x"), "http://h:1/x");
  assert.equal(scalarOf("api_token:"), "");
  assert.equal(scalarOf("api_token:abc"), undefined);
  assert.equal(scalarOf("  nested: x"), undefined);
  assert.equal(scalarOf("id: x\r"), "x");
});

test("what is written is read back as it was", () => {
  const values = [
    "abc",
    "http://127.0.0.1:8700/",
    "true",
    "1e5",
    "0x1f",
    "a: b",
    "# no",
    "",
    "x y",
    "ü",
    "-",
    'q"uote',
    "null",
    "depot_tok-1.2",
  ];
  for (const value of values) {
    const text = formatFlatYaml(setFlatYaml([], "k", value));
    assert.equal(scalarOf(text.split("\n")[0] ?? ""), value, text);
  }
});

test("setting a key keeps comments and what belongs to others", () => {
  const before = "# mine\napi_token: old\nother:\n  - nested: 1\n\n";
  assert.equal(
    formatFlatYaml(setFlatYaml(parseFlatYaml(before), "api_token", "new")),
    "# mine\nother:\n  - nested: 1\napi_token: new\n",
  );
});
