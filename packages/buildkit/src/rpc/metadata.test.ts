import assert from "node:assert/strict";
import { test } from "node:test";
import { Metadata } from "./metadata.ts";

test("repeated headers stay apart, also where a value holds a comma", () => {
  const metadata = Metadata.fromRawHeaders([":path", "/x", "Followpaths", "a, b", "other", "1", "followpaths", "c"]);
  assert.deepEqual(metadata.getAll("followpaths"), ["a, b", "c"]);
  assert.equal(metadata.get("FOLLOWPATHS"), "a, b");
  assert.equal(metadata.get(":path"), undefined);
});

test("a name that is not there has no values", () => {
  assert.deepEqual(new Metadata().getAll("x"), []);
  assert.equal(new Metadata().get("x"), undefined);
});

test("for http2, several values become an array and one a string", () => {
  const metadata = new Metadata([
    ["a", "1"],
    ["b", "1"],
    ["A", "2"],
  ]);
  assert.deepEqual(metadata.toHeaders(), { a: ["1", "2"], b: "1" });
});
