import assert from "node:assert/strict";
import { test } from "node:test";
import { parseContentRange, parseRange } from "./range.ts";

test("ranges are read as RFC 9110 has them", () => {
  assert.deepEqual(parseRange("bytes=0-0", 10), { start: 0, end: 1 });
  assert.deepEqual(parseRange("bytes=2-5", 10), { start: 2, end: 6 });
  assert.deepEqual(parseRange("bytes=5-", 10), { start: 5, end: 10 });
  assert.deepEqual(parseRange("bytes=-3", 10), { start: 7, end: 10 });
  assert.deepEqual(parseRange("bytes=-30", 10), { start: 0, end: 10 });
  assert.deepEqual(parseRange("bytes=8-99999999999", 10), { start: 8, end: 10 });
});

test("what is no single range of bytes asks for the whole", () => {
  for (const header of [undefined, "", "bytes=", "bytes=-", "bytes=0-1,3-4", "items=0-1", "bytes=a-b", "bytes 0-1"])
    assert.equal(parseRange(header, 10), undefined, header);
});

test("ranges outside of the blob are refused", () => {
  for (const header of ["bytes=10-", "bytes=10-20", "bytes=5-4", "bytes=-0"])
    assert.throws(() => parseRange(header, 10), { code: "range_unsatisfiable" }, header);
  assert.throws(() => parseRange("bytes=0-", 0), { code: "range_unsatisfiable" });
});

test("ranges of chunks may come in two forms", () => {
  assert.deepEqual(parseContentRange("0-9"), { start: 0, end: 10 });
  assert.deepEqual(parseContentRange("bytes 10-19/20"), { start: 10, end: 20 });
  assert.deepEqual(parseContentRange("bytes 10-19/*"), { start: 10, end: 20 });
  for (const header of ["", "9-0", "a-b", "0-", "-9", "0-9-10", `0-${"9".repeat(30)}`])
    assert.equal(parseContentRange(header), undefined, header);
});
