import assert from "node:assert/strict";
import { test } from "node:test";
import { alignColumns } from "./tab-columns.ts";

test("cells of neighbouring lines are aligned, what follows the last tab is not", () => {
  assert.equal(alignColumns(["A\tBB\tC", "long\tb\tcc"], { padding: 1 }), "A    BB C\nlong b  cc\n");
});

test("a line without the cell divides a column in two", () => {
  assert.equal(alignColumns(["long name\tx", "none", "a\ty"], { padding: 2 }), "long name  x\nnone\na  y\n");
});

test("widths count characters, and empty cells take the padding", () => {
  assert.equal(alignColumns(["größer\tx", "\ty"], { padding: 3 }), "größer   x\n         y\n");
  assert.equal(alignColumns(["\ty"], { padding: 3 }), "   y\n");
});
