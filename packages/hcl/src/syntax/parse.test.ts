import assert from "node:assert/strict";
import { test } from "node:test";
import { readCases } from "../testing/cases.ts";
import { describeAll } from "../testing/outcome.ts";
import {
  type Parsed,
  parseExpressionSyntax,
  parseFileSyntax,
  parseTemplateSyntax,
  parseTraversalSyntax,
} from "./parse.ts";

interface ParseCase {
  readonly mode: "body" | "expression" | "template" | "traversal";
  readonly source: string;
  readonly diagnostics: readonly string[];
}

const place = { filename: "test.hcl" };

function parse({ mode, source }: ParseCase): Parsed<unknown> {
  switch (mode) {
    case "body":
      return parseFileSyntax(source, place);
    case "expression":
      return parseExpressionSyntax(source, place);
    case "template":
      return parseTemplateSyntax(source, place);
    case "traversal":
      return parseTraversalSyntax(source, place);
  }
}

test("what is wrong with a source is told in HCL's words, at HCL's places, in HCL's order", () => {
  for (const given of readCases<ParseCase>("parse.json")) {
    assert.deepEqual(describeAll(parse(given).diagnostics), given.diagnostics, given.source);
  }
});

test("parsing the same source again gives the same tree", () => {
  for (const given of readCases<ParseCase>("parse.json").slice(0, 100)) {
    assert.deepEqual(parse(given).result, parse(given).result);
  }
});

test("positions of a text inside of a file count from where it stands", () => {
  const start = { line: 7, column: 5, byte: 100 };

  const { diagnostics } = parseTemplateSyntax("ab${", { filename: "test.json", start });

  assert.deepEqual(diagnostics[0]?.subject?.start, { line: 7, column: 9, byte: 104 });
});
