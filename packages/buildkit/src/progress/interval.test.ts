import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { mergeIntervals, totalMs } from "./interval.ts";

const interval = (startMs: number, endMs?: number) => ({ startMs, endMs });

describe("intervals", () => {
  it("are joined where they overlap or touch, in whatever order they come", () => {
    const merged = mergeIntervals([interval(8, 9), interval(2, 4), interval(1, 3), interval(4, 5)]);
    assert.deepEqual(merged, [interval(1, 5), interval(8, 9)]);
  });

  it("stay open when one that overlaps is open", () => {
    assert.deepEqual(mergeIntervals([interval(1, 3), interval(2), interval(5, 6)]), [interval(1)]);
  });

  it("are summed up without the gaps, open ones up to now", () => {
    assert.equal(totalMs([interval(0, 10), interval(20)], 25), 15);
  });

  it("never last a negative time, even if the clocks disagree", () => {
    assert.equal(totalMs([interval(20)], 5), 0);
  });
});
