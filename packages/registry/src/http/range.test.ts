import assert from "node:assert/strict";
import { test } from "node:test";
import { parseContentRange, parseRanges } from "./range.ts";

test("ranges are read as RFC 9110 has them", () => {
  assert.deepEqual(parseRanges("bytes=0-0", 10), [{ start: 0, end: 1 }]);
  assert.deepEqual(parseRanges("bytes=2-5", 10), [{ start: 2, end: 6 }]);
  assert.deepEqual(parseRanges("bytes=5-", 10), [{ start: 5, end: 10 }]);
  assert.deepEqual(parseRanges("bytes=-3", 10), [{ start: 7, end: 10 }]);
  assert.deepEqual(parseRanges("bytes=-30", 10), [{ start: 0, end: 10 }]);
  assert.deepEqual(parseRanges("bytes=8-99999999999", 10), [{ start: 8, end: 10 }]);
});

test("several ranges are several parts, also where they touch; those outside are left out", () => {
  const [one, two, three] = [
    { start: 0, end: 2 },
    { start: 2, end: 3 },
    { start: 7, end: 10 },
  ];

  assert.deepEqual(parseRanges("bytes=0-1,2-2, -3", 10), [one, two, three]);
  assert.deepEqual(parseRanges("bytes=0-1,7-20,30-40", 10), [one, three]);
  assert.deepEqual(parseRanges("bytes=0-1,10-", 10), [one]);
});

test("what is no range of bytes, and ranges that nobody in good faith asks for, ask for the whole", () => {
  const none = [undefined, "", "bytes=", "bytes=-", "items=0-1", "bytes=a-b", "bytes 0-1", "bytes=0-1,", "bytes=0-1,x"];
  const odd = ["bytes=0-5,3-4", "bytes=5-6,0-1", "bytes=0-,-1", `bytes=0-0${",5-6".repeat(1024)}`];

  for (const header of [...none, ...odd]) assert.equal(parseRanges(header, 10), undefined, header);
});

test("ranges outside of the blob are refused", () => {
  for (const header of ["bytes=10-", "bytes=10-20", "bytes=5-4", "bytes=-0", "bytes=10-11,12-13"])
    assert.throws(() => parseRanges(header, 10), { code: "range_unsatisfiable" }, header);
  assert.throws(() => parseRanges("bytes=0-", 0), { code: "range_unsatisfiable" });
});

test("ranges of chunks may come in two forms", () => {
  assert.deepEqual(parseContentRange("0-9"), { start: 0, end: 10 });
  assert.deepEqual(parseContentRange("bytes 10-19/20"), { start: 10, end: 20 });
  assert.deepEqual(parseContentRange("bytes 10-19/*"), { start: 10, end: 20 });
  for (const header of ["", "9-0", "a-b", "0-", "-9", "0-9-10", `0-${"9".repeat(30)}`])
    assert.equal(parseContentRange(header), undefined, header);
});
