import assert from "node:assert/strict";
import { test } from "node:test";
import { splitCsvFields } from "./csv-fields.ts";

test("fields are split at commas outside quotes", () => {
  assert.deepEqual(splitCsvFields("a=1,b=2"), ["a=1", "b=2"]);
  assert.deepEqual(splitCsvFields('a=1,"b=2,3",c'), ["a=1", "b=2,3", "c"]);
  assert.deepEqual(splitCsvFields('"say ""hi"""'), ['say "hi"']);
  assert.deepEqual(splitCsvFields("a,,b,"), ["a", "", "b", ""]);
  assert.deepEqual(splitCsvFields('"a",'), ["a", ""]);
  assert.deepEqual(splitCsvFields("a\n"), ["a"]);
});

for (const line of ["", "\n", 'a"b', '"a', '"a"b', 'x,"a""']) {
  test(`${JSON.stringify(line)} cannot be read`, () => assert.equal(splitCsvFields(line), undefined));
}
