import assert from "node:assert/strict";
import { test } from "node:test";
import { messageOf } from "@opendepot/base";
import { type ComposeValue, Timestamp } from "../value.ts";
import { readDocuments } from "./read-documents.ts";

function read(text: string): ComposeValue {
  const [document] = [...readDocuments(text)];
  return document?.value ?? null;
}

function failure(text: string): string {
  try {
    for (const _ of readDocuments(text));
  } catch (error) {
    return messageOf(error);
  }
  return "";
}

test("plain scalars mean what they mean to go-yaml", () => {
  const value = read("[1, 1.0, 0755, 0o17, 0b11, 1_000, -0, .5, yes, on, true, ~, null, 1:30, 08, <<, 2024-01-31]");

  assert.deepEqual(value, [
    1n,
    1,
    493n,
    15n,
    3n,
    1000n,
    -0,
    0.5,
    "yes",
    "on",
    true,
    null,
    null,
    "1:30",
    8,
    "<<",
    new Timestamp("2024-01-31 00:00:00 +0000 UTC", "2024-01-31T00:00:00Z"),
  ]);
});

test("integers are exact, and those beyond 64 bits are floating point", () => {
  assert.deepEqual(read("[9223372036854775807, 18446744073709551615, 18446744073709551616]"), [
    9_223_372_036_854_775_807n,
    18_446_744_073_709_551_615n,
    2 ** 64,
  ]);
});

test("tags fix the meaning of a scalar", () => {
  assert.deepEqual(read('[!!str 1, !!int "1", !!float 1, !mine 1, !!binary aGk=]'), ["1", 1n, 1, "1", "hi"]);
});

test("quoted scalars fold their lines and know their escapes", () => {
  const text = `a: "one\\ttwo \\\n   three\n\n   four\\u00e9\\x41"\nb: 'it''s\n  folded'`;

  assert.deepEqual(
    read(text),
    new Map([
      ["a", "one\ttwo three\nfouréA"],
      ["b", "it's folded"],
    ]),
  );
});

test("block scalars keep or fold their lines, and chomp their end", () => {
  const text = "a: |\n  x\n    y\n\nb: |-\n  x\nc: |+\n  x\n\nd: >\n  x\n  y\n\n  z\n   w\ne: |2\n    x\n";

  assert.deepEqual(
    read(text),
    new Map([
      ["a", "x\n  y\n"],
      ["b", "x"],
      ["c", "x\n\n"],
      ["d", "x y\nz\n w\n"],
      ["e", "  x\n"],
    ]),
  );
});

test("plain scalars run over lines and stop at comments", () => {
  assert.deepEqual(
    read("a: one\n  two # comment\nb: x#y"),
    new Map([
      ["a", "one two"],
      ["b", "x#y"],
    ]),
  );
});

test("lists may stand at the indentation of their key", () => {
  assert.deepEqual(
    read("a:\n- 1\n-\n- - 2\n  - b: 3\n    c:"),
    new Map([
      [
        "a",
        [
          1n,
          null,
          [
            2n,
            new Map<string, ComposeValue>([
              ["b", 3n],
              ["c", null],
            ]),
          ],
        ],
      ],
    ]),
  );
});

test("flow collections nest, and pairs in lists are mappings", () => {
  assert.deepEqual(
    read('{a: [b: c, {d}], "e":f, g: }'),
    new Map<string, ComposeValue>([
      ["a", [new Map([["b", "c"]]), new Map([["d", null]])]],
      ["e", "f"],
      ["g", null],
    ]),
  );
});

test("own keys win over merged ones, earlier merges over later", () => {
  const text = "x: &x {a: 1, b: 1}\ny: &y {b: 2, c: 2, <<: {d: 2}}\nz: {<<: [*x, *y], c: 3}";

  const value = read(text);

  assert.ok(value instanceof Map);
  assert.deepEqual(
    value.get("z"),
    new Map([
      ["c", 3n],
      ["a", 1n],
      ["b", 1n],
      ["d", 2n],
    ]),
  );
});

test("an alias is a copy, not the same value", () => {
  const value = read("a: &a [1]\nb: *a");

  assert.ok(value instanceof Map);
  assert.notEqual(value.get("a"), value.get("b"));
  assert.deepEqual(value.get("a"), value.get("b"));
});

test("documents are read one by one, so that the second may be wrong when the first was used", () => {
  const documents = readDocuments("a: 1\n---\nb: [");

  assert.deepEqual(documents.next().value?.value, new Map([["a", 1n]]));
  assert.throws(() => documents.next(), /did not find expected node content/);
});

test("a document without content is null, a text without documents has none", () => {
  assert.deepEqual(
    [...readDocuments("---\n---\na: 1\n")].map(({ value }) => value),
    [null, new Map([["a", 1n]])],
  );
  assert.deepEqual([...readDocuments("# nothing\n")], []);
});

test("reset nodes disappear, and reset and override are remembered with their path", () => {
  const text = "a: &a {b: !reset null, c: 1}\nd: *a\ne: !override [1]\nf: [!reset x, y]";

  const [document] = [...readDocuments(text)];

  assert.deepEqual(
    document?.value,
    new Map<string, ComposeValue>([
      ["a", new Map([["c", 1n]])],
      ["d", new Map([["c", 1n]])],
      ["e", [1n]],
      ["f", ["y"]],
    ]),
  );
  assert.deepEqual(document?.resetPaths, [["a", "b"], ["d", "b"], ["e"], ["f", "0"]]);
});

const mistakes: readonly (readonly [text: string, message: string])[] = [
  ["a: b: c", "yaml: line 1, column 5: mapping values are not allowed in this context"],
  ["a: 1\n- b", "yaml: while parsing a block mapping at <unknown position>: line 1: did not find expected key"],
  ["a: 1\nb\nc: 2", "yaml: while scanning a simple key at line 2: line 3: could not find expected ':'"],
  ["a: [1, 2", "yaml: while parsing a flow sequence at <unknown position>: line 1: did not find expected ',' or ']'"],
  ["a: {b: 1", "yaml: while parsing a flow mapping at <unknown position>: line 1: did not find expected ',' or '}'"],
  [
    "a: 'x",
    "yaml: while scanning a quoted scalar at line 1, column 4: line 1, column 6: found unexpected end of stream",
  ],
  ["a: *x", "yaml: line 1, column 5: unknown anchor 'x' referenced"],
  ["a:\n\tb: 1", "yaml: while scanning for the next token at line 2: found character that cannot start any token"],
  ["a: 1\na: 2", 'yaml: construct errors:\n  line 1: line 2: mapping key "a" already defined at line 1'],
  ["<<: 1", "yaml: construct errors:\n  line 1: yaml: map merge requires map or sequence of maps as the value"],
  ["a: !!int x", "yaml: construct errors:\n  line 1: yaml: cannot construct !!str `x` as a !!int"],
  [
    "a: &a {b: *a}",
    "yaml: construct errors:\n  line 1: cycle detected: node at path a.b.b references node at path a.b",
  ],
  ["a: {1: b}", "non-string key in a: 1"],
  [
    "a: {{ b }}",
    `yaml: construct errors:\n  line 1: yaml: cannot use 'map[string]interface {}{"b":interface {}(nil)}' as a map key; try decoding into yaml.Node`,
  ],
  ["a: \u0007", "yaml: offset 3: control characters are not allowed"],
];

for (const [text, message] of mistakes)
  test(`tells what is wrong with ${JSON.stringify(text)} in go-yaml's words`, () => {
    assert.equal(failure(text), message);
  });

test("documents that grow by their aliases are refused", () => {
  const names = "abcdefgh";
  const lines = [...names].map((name, index) =>
    index === 0
      ? "a: &a [x,x,x,x,x,x,x,x,x]"
      : `${name}: &${name} [${Array(9)
          .fill(`*${names[index - 1]}`)
          .join(",")}]`,
  );

  assert.match(failure(lines.join("\n")), /document contains excessive aliasing/);
});

test("merges that contain themselves end", () => {
  assert.match(failure("a: &a {<<: *a, b: 1}"), /exceeds maximum node visit limit \(100000\)/);
});

test("depth is bounded", () => {
  assert.match(failure(`a: ${"[".repeat(100_000)}`), /exceeded max depth/);
  assert.match(failure("- ".repeat(100_000)), /exceeded max depth/);
});
