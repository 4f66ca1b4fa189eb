import assert from "node:assert/strict";
import { test } from "node:test";
import { isProblem } from "@opendepot/base";
import { parseOutput } from "./outputs.ts";

test("a bare path is a folder and a dash is a tar on stdout", () => {
  assert.deepEqual(parseOutput("out/dir"), { type: "local", dest: "out/dir", attributes: {} });
  assert.deepEqual(parseOutput("-"), { type: "tar", dest: "-", attributes: {} });
});

test("fields are read without regard to case and blanks in their keys", () => {
  assert.deepEqual(parseOutput("type=oci, DEST=a.tar,compression=zstd"), {
    type: "oci",
    dest: "a.tar",
    attributes: { compression: "zstd" },
  });
  assert.deepEqual(parseOutput('type=tar,"dest=a,b"'), { type: "tar", dest: "a,b", attributes: {} });
});

for (const bad of ["type=", "dest=x,name=y", "type=tar,dest", 'type=tar,"dest', ""]) {
  test(`${JSON.stringify(bad)} is refused`, () =>
    assert.throws(
      () => parseOutput(bad),
      (error) => isProblem(error, "output_invalid"),
    ));
}
