import assert from "node:assert/strict";
import { test } from "node:test";
import { parseHcl } from "../file.ts";
import { DiagnosticsError, describeDiagnostics, errorDiagnostic } from "./diagnostic.ts";
import { formatDiagnostic } from "./format-diagnostic.ts";
import { quote } from "./quote.ts";
import { suggestName } from "./suggest-name.ts";

const at = (line: number, endLine = line) => ({
  filename: "docker-bake.hcl",
  start: { line, column: 3, byte: 0 },
  end: { line: endLine, column: 7, byte: 0 },
});

test("an error tells the first diagnostic and how many more there are", () => {
  const { diagnostics } = parseHcl("a = 1\na = 2\na = 3\n", "docker-bake.hcl");

  const expected =
    'docker-bake.hcl:2,1-2: Attribute redefined; The argument "a" was already set at docker-bake.hcl:1,1-2. Each argument may be set only once., and 1 other diagnostic(s)';
  assert.equal(describeDiagnostics(diagnostics), expected);
  assert.equal(new DiagnosticsError(diagnostics).message, expected);
});

test("the excerpt shows the lines of a diagnostic with some around, its own marked", () => {
  const source = "one\ntwo\nthree\nfour\nfive\nsix\n";
  const excerpt = formatDiagnostic(
    errorDiagnostic("S", "d", { subject: at(4) }),
    new Map([["docker-bake.hcl", source]]),
  );

  assert.equal(
    excerpt,
    [
      "docker-bake.hcl:4",
      "--------------------",
      "   2 |     two",
      "   3 |     three",
      "   4 | >>> four",
      "   5 |     five",
      "   6 |     six",
      "--------------------",
      "",
    ].join("\n"),
  );
});

test("the excerpt of several lines has one line less on each side", () => {
  const sources = new Map([["docker-bake.hcl", "one\ntwo\nthree\nfour"]]);

  const excerpt = formatDiagnostic(errorDiagnostic("S", "d", { subject: at(2, 3) }), sources);

  assert.deepEqual(excerpt.split("\n").slice(2, 6), [
    "   1 |     one",
    "   2 | >>> two",
    "   3 | >>> three",
    "   4 |     four",
  ]);
});

test("a diagnostic without a place has no excerpt", () => {
  assert.equal(formatDiagnostic(errorDiagnostic("S", "d"), new Map()), "");
});

test("names are quoted as Go quotes them", () => {
  assert.equal(quote('a"b\\\n\x00é\u200b'), '"a\\"b\\\\\\n\\x00é\\u200b"');
});

test("the first name that is near is suggested", () => {
  assert.equal(suggestName("taags", ["context", "tags", "tag"]), "tags");
  assert.equal(suggestName("nothing", ["tags"]), undefined);
  assert.equal(suggestName("", ["ab"]), "ab");
});
