import assert from "node:assert/strict";
import { test } from "node:test";

import { isProblem } from "@opendepot/base";

import { builderIdOf, buildUriOf, serverNameOf } from "./names.ts";

test("a builder's server name leads back to the builder, whatever the case", () => {
  const name = serverNameOf("p1x-amd64");

  assert.equal(builderIdOf(name), "p1x-amd64");
  assert.equal(builderIdOf(name.toUpperCase()), "p1x-amd64");
});

for (const name of [
  "",
  "builder.opendepot.internal",
  ".builder.opendepot.internal",
  "a.b.builder.opendepot.internal",
  "a.example.com",
]) {
  test(`${JSON.stringify(name)} names no builder`, () => {
    assert.equal(builderIdOf(name), undefined);
  });
}

for (const id of ["", "-a", "A", "a.b", "a_b", "a".repeat(64)]) {
  test(`${JSON.stringify(id)} cannot be a builder id`, () => {
    assert.throws(
      () => serverNameOf(id),
      (error) => isProblem(error, "builder_id_invalid"),
    );
  });
}

for (const id of ["", "a/b", "a, URI:spiffe://x", "é", "a".repeat(129)]) {
  test(`${JSON.stringify(id)} cannot be a build id`, () => {
    assert.throws(
      () => buildUriOf(id),
      (error) => isProblem(error, "build_id_invalid"),
    );
  });
}
