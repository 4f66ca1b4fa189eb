import assert from "node:assert/strict";
import { test } from "node:test";
import { parseRange } from "./byte-range.ts";

test("a range is read in its three forms", () => {
  assert.deepEqual(parseRange("bytes=2-4", 10), { offset: 2, length: 3 });
  assert.deepEqual(parseRange("bytes=2-", 10), { offset: 2, length: 8 });
  assert.deepEqual(parseRange("bytes=-3", 10), { offset: 7, length: 3 });
});

test("a range that goes beyond the end ends there", () => {
  assert.deepEqual(parseRange("bytes=8-100", 10), { offset: 8, length: 2 });
  assert.deepEqual(parseRange("bytes=-100", 10), { offset: 0, length: 10 });
});

test("a range that begins behind the end cannot be had", () => {
  assert.equal(parseRange("bytes=10-", 10), "unsatisfiable");
  assert.equal(parseRange("bytes=0-", 0), "unsatisfiable");
  assert.equal(parseRange("bytes=-0", 10), "unsatisfiable");
});

test("what is no single range of bytes means everything", () => {
  for (const header of [undefined, "", "bytes=", "bytes=-", "lines=1-2", "bytes=1-2,4-5", "bytes=4-2"]) {
    assert.equal(parseRange(header, 10), undefined, header);
  }
});
