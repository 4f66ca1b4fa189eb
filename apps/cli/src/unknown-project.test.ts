import assert from "node:assert/strict";
import { test } from "node:test";
import { unknownProject } from "./unknown-project.ts";

const projects = [
  { id: "k3x9q2w7", name: "web" },
  { id: "p0p0p0p0", name: "api" },
];

test("a name in place of an ID is recognised", () =>
  assert.equal(unknownProject("web", projects).hint, "that is a name; its ID is k3x9q2w7"));

test("a slip of the pen gets the nearest ID", () =>
  assert.equal(unknownProject("k3x9q2w8", projects).hint, "did you mean k3x9q2w7?"));

test("anything else gets the list, which is never long", () => {
  assert.match(unknownProject("zzzzzzzz", projects).hint ?? "", /k3x9q2w7 \(web\), p0p0p0p0 \(api\)$/);
  const many = Array.from({ length: 50 }, (_, at) => ({ id: `project-${at}-long`, name: "x" }));
  assert.match(unknownProject("zzz", many).hint ?? "", /depot list projects/);
});

test("without any project the hint is to create one", () =>
  assert.match(unknownProject("x", []).hint ?? "", /projects create/));
