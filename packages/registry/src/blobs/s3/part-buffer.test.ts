import assert from "node:assert/strict";
import { test } from "node:test";
import { contentOf } from "../testing/content.ts";
import { PartBuffer } from "./part-buffer.ts";

test("a part is filled up to its size, and what is too much is given back", () => {
  const content = contentOf(1, 1_000_000);
  const part = new PartBuffer(900_000, content.subarray(0, 10));

  assert.equal(part.add(content.subarray(10, 100_000)).length, 0);
  assert.equal(part.isFull, false);
  const rest = part.add(content.subarray(100_000));

  assert.equal(part.isFull, true);
  assert.ok(part.bytes().equals(content.subarray(0, 900_000)));
  assert.ok(content.subarray(900_000).equals(rest));
});

test("what a part begins with is not written to", () => {
  const start = Buffer.from("start");
  const part = new PartBuffer(100, start.subarray(0, 2));

  part.add(Buffer.from("xyz"));

  assert.equal(start.toString(), "start");
  assert.equal(part.bytes().toString(), "stxyz");
  assert.equal(part.length, 5);
});
