import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { SparedBuffers } from "./spared-buffers.ts";

describe("buffers that are used again", () => {
  test("are those that were given back, and nobody has one that somebody else has", () => {
    const buffers = new SparedBuffers(1000);
    const [first, second] = [buffers.take(), buffers.take()];
    assert.notEqual(first, second);
    buffers.giveBack(first);
    assert.equal(buffers.take(), first);
    assert.notEqual(buffers.take(), first);
  });

  test("are of the full size unless much less is wanted, and small ones are not kept", () => {
    const buffers = new SparedBuffers(1000);
    assert.deepEqual(
      [1000, 5000, 500, 499].map((wanted) => buffers.take(wanted).length),
      [1000, 1000, 1000, 499],
    );
    const small = buffers.take(10);
    buffers.giveBack(small);
    assert.notEqual(buffers.take(10), small);
  });

  test("are no more than can be on their way at once", () => {
    const buffers = new SparedBuffers(10);
    const taken = Array.from({ length: 100 }, () => buffers.take());
    for (const buffer of taken) buffers.giveBack(buffer);
    const again = new Set(Array.from({ length: 100 }, () => buffers.take()));
    assert.equal(taken.filter((buffer) => again.has(buffer)).length, 8);
  });
});
