import assert from "node:assert/strict";
import { test } from "node:test";
import { isProblem } from "@opendepot/base";
import { parseUlimits } from "./ulimits.ts";

test("limits are sorted by name, the last one of a name wins, and one number is both limits", () => {
  assert.equal(
    parseUlimits(["nproc=5", "nofile=10:20", "nofile=1024", "core=-1"]),
    "core=-1:-1,nofile=1024:1024,nproc=5:5",
  );
  assert.equal(parseUlimits(["nofile=10:-1"]), "nofile=10:-1");
  assert.equal(parseUlimits([]), "");
});

for (const bad of ["nofile", "nofile=", "nofile=a", "nofile=1:2:3", "nofile=20:10", "nofile=-1:10", "as=1", "=1"]) {
  test(`${bad} is refused`, () => {
    assert.throws(
      () => parseUlimits([bad]),
      (error) => isProblem(error, "flag_value_invalid"),
    );
  });
}

test("a limit that is nearly right names the right one", () => {
  assert.throws(
    () => parseUlimits(["nofiles=1"]),
    (error) => isProblem(error) && /nofile/.test(error.hint ?? ""),
  );
});
