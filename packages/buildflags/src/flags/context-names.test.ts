import assert from "node:assert/strict";
import { test } from "node:test";
import { isProblem } from "@opendepot/base";
import { parseContextNames } from "./context-names.ts";

test("names are as short as image references can be", () => {
  const named = parseContextNames([
    "lib=../lib",
    "docker.io/library/alpine:latest=./alpine",
    "alpine:3=docker-image://alpine:3.20",
    "lib=./other",
  ]);
  assert.deepEqual(named, { lib: "./other", alpine: "./alpine", "alpine:3": "docker-image://alpine:3.20" });
});

test("a name that is no reference and a value without a name are refused", () => {
  assert.throws(
    () => parseContextNames(["lib"]),
    (error) => isProblem(error, "flag_value_invalid"),
  );
  assert.throws(
    () => parseContextNames(["Lib=x"]),
    (error) => isProblem(error, "reference_invalid"),
  );
});
