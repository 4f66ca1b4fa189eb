import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { printCall } from "./print-call.ts";
import { readRecordedCalls } from "./testing/recorded-calls.ts";

describe("answers are shown as docker buildx shows them", () => {
  for (const { name, call, result, buildx } of readRecordedCalls()) {
    test(`--call=${call} of a Dockerfile with ${name}`, () => {
      const [method = "", format = ""] = call.split(",format=");
      const printed = printCall(result, { method, format, isStatusIgnored: false });
      assert.equal(printed.text, buildx.stdout);
      assert.equal(printed.error, buildx.error);
      assert.equal(printed.exitCode, buildx.exitCode);
    });
  }
});

const VIEW = { method: "lint", format: "", isStatusIgnored: false };
const WARNINGS = {
  warnings: [
    { ruleName: "B", detail: "b", location: { ranges: [{ start: { line: 2 } }] } },
    { ruleName: "A", detail: "a\u001b[2J", url: "https://a", location: { sourceIndex: -1 } },
    { ruleName: "C", detail: "c", location: { ranges: [] } },
  ],
  sources: [{ filename: "Dockerfile", data: Buffer.from("one\ntwo").toString("base64") }],
};
const FOUND = { json: JSON.stringify(WARNINGS), text: "the frontend's own text", version: "1.0.0", statusCode: 1 };

test("warnings without a place come first, and those without lines before those with some", () => {
  const { text } = printCall(FOUND, { ...VIEW, dockerfileName: "sub/my.Dockerfile" });
  assert.equal(
    text,
    [
      "Check complete, 3 warnings have been found!",
      ...["", "WARNING: A - https://a", "a"],
      ...["", "WARNING: C", "c"],
      ...["", "WARNING: B", "b", "sub/my.Dockerfile:2", "--------------------"],
      ...["   1 |     one", "   2 | >>> two", "--------------------", ""],
    ].join("\n"),
  );
});

test("an answer of a younger form is shown in the frontend's own words", () => {
  assert.equal(printCall({ ...FOUND, version: "1.1.0" }, VIEW).text, "the frontend's own text");
});

test("an unknown call is shown in the frontend's own words, or as JSON when it has none", () => {
  assert.equal(printCall(FOUND, { ...VIEW, method: "other" }).text, "the frontend's own text");
  assert.equal(printCall({ ...FOUND, text: "" }, { ...VIEW, method: "other" }).text, FOUND.json);
});

test("the status can be ignored, but not that the Dockerfile cannot be built", () => {
  const view = { ...VIEW, isStatusIgnored: true };
  assert.equal(printCall(FOUND, view).exitCode, 0);
  const json = JSON.stringify({ buildError: { message: "no", location: {} } });
  assert.deepEqual(printCall({ ...FOUND, json }, view), { text: "", error: "no\n", exitCode: 1 });
});

test("a broken or hostile answer is told, and crashes nothing", () => {
  for (const json of ["{", '{"warnings":[{"location":{"sourceIndex":7}}],"sources":[{}]}']) {
    assert.throws(() => printCall({ ...FOUND, json }, VIEW), { code: "subrequest_result_invalid" });
  }
  for (const json of ["null", "[]", '{"warnings":{"a":1},"sources":3}', '{"warnings":[1,null,{}],"sources":[null]}']) {
    printCall({ ...FOUND, json }, VIEW);
    for (const method of ["outline", "targets", "subrequests.describe"])
      printCall({ ...FOUND, json }, { ...VIEW, method });
  }
});
