import assert from "node:assert/strict";
import { test } from "node:test";
import { parseSsh } from "./ssh.ts";

test("an id alone means the running agent", () => {
  assert.deepEqual(parseSsh(["default"]), [{ id: "default", paths: [] }]);
  assert.deepEqual(parseSsh(["git="]), [{ id: "git", paths: [] }]);
});

test("the last one of an id wins and an empty id is the default one", () => {
  assert.deepEqual(parseSsh(["=/k", "default=/l,m", ""]), [{ id: "default", paths: ["/l", "m"] }]);
});
