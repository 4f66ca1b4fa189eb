import assert from "node:assert/strict";
import { test } from "node:test";
import { isProblem } from "@opendepot/base";
import { parseSize } from "./sizes.ts";

const cases: ReadonlyArray<readonly [text: string, bytes: number]> = [
  ["64", 64],
  ["64b", 64],
  ["64k", 65_536],
  ["64kb", 65_536],
  ["64KiB", 65_536],
  ["1.5m", 1_572_864],
  [".5g", 536_870_912],
  ["2 G", 2_147_483_648],
  ["1t", 1_099_511_627_776],
  ["0", 0],
];
for (const [text, bytes] of cases)
  test(`${text} is ${bytes} bytes`, () => assert.equal(parseSize("--shm-size", text), bytes));

for (const bad of ["", "m", "1x", "-1m", "1kbb", "1 kb b", "0x10", "1e3", "1bb"]) {
  test(`${JSON.stringify(bad)} is no size`, () => {
    assert.throws(
      () => parseSize("--shm-size", bad),
      (error) => isProblem(error, "flag_value_invalid"),
    );
  });
}
