import assert from "node:assert/strict";
import { test } from "node:test";
import { parseHcl } from "../file.ts";
import { readCases } from "../testing/cases.ts";
import { describeBody } from "../testing/outcome.ts";
import { sampleContext } from "../testing/sample-context.ts";
import type { BodySchema } from "./body.ts";
import { mergeBodies } from "./merge-bodies.ts";

interface BodyCase {
  readonly mode: "schema" | "merge";
  readonly source: string;
  readonly sources?: readonly string[];
  readonly schema: {
    readonly attributes?: BodySchema["attributes"];
    readonly blocks?: readonly { readonly type: string; readonly labels?: readonly string[] }[];
  };
  readonly outcome: Outcome;
}

type Outcome = Record<string, unknown> & { readonly contentDiagnostics: string[] };

// Go walks attributes in any order, so the order of faults that concern several of them is not HCL's.
function withSortedDiagnostics(outcome: Outcome): Outcome {
  const sorted = Object.entries(outcome).map(([name, part]) => [
    name,
    name.endsWith("Diagnostics") ? [...(part as string[])].sort() : part,
  ]);
  return Object.fromEntries(sorted) as Outcome;
}

test("bodies give what a schema asks for, and HCL's words for what does not fit", () => {
  const context = sampleContext();
  for (const { mode, source, sources = [], schema, outcome } of readCases<BodyCase>("bodies.json")) {
    const body =
      mode === "schema"
        ? parseHcl(source, "test.hcl").body
        : mergeBodies(sources.map((text, at) => parseHcl(text, `${at}.hcl`).body));
    const asked: BodySchema = {
      attributes: schema.attributes ?? [],
      blocks: schema.blocks?.map(({ type, labels = [] }) => ({ type, labelNames: labels })) ?? [],
    };

    const found = describeBody(body, asked, context) as Outcome;

    assert.deepEqual(withSortedDiagnostics(found), withSortedDiagnostics(outcome), source || sources.join("\n---\n"));
  }
});

test("of attributes that several files set, the first counts, or the last when that is asked for", () => {
  const bodies = ["a = 1\n", "a = 2\n"].map((source, at) => parseHcl(source, `${at}.hcl`).body);

  const first = mergeBodies(bodies).justAttributes();
  const last = mergeBodies(bodies, { duplicates: "last" }).justAttributes();

  const fileOf = (result: typeof first) => result.attributes.get("a")?.range.filename;
  assert.equal(fileOf(first), "0.hcl");
  assert.equal(fileOf(last), "1.hcl");
  assert.equal(first.diagnostics[0]?.detail, 'Argument "a" was already set at 0.hcl:1,1-2');
  assert.deepEqual(first.diagnostics, last.diagnostics);
});
