import assert from "node:assert/strict";
import { test } from "node:test";
import { type Column, renderList } from "./table.ts";

interface Row {
  readonly id: string;
  readonly name: string;
}
const columns: readonly Column<Row>[] = [
  { title: "Project ID", key: "id", value: (row) => row.id },
  { title: "Name", key: "name", value: (row) => row.name },
];
const rows: readonly Row[] = [
  { id: "p1", name: 'a "b", c' },
  { id: "longer-than-title", name: "" },
];

test("a table lines its columns up and leaves no blanks at the end", () => {
  assert.equal(
    renderList(rows, columns, "table"),
    'PROJECT ID          NAME\np1                  a "b", c\nlonger-than-title\n',
  );
});

test("CSV quotes what needs it", () => {
  assert.equal(renderList(rows, columns, "csv"), 'Project ID,Name\np1,"a ""b"", c"\nlonger-than-title,\n');
});

test("JSON has the keys that programs use", () => {
  assert.deepEqual(JSON.parse(renderList(rows, columns, "json")), rows);
  assert.equal(renderList([], columns, "json"), "[]\n");
});
