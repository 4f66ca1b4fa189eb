import assert from "node:assert/strict";
import { test } from "node:test";
import { isProblem } from "@opendepot/base";
import { parseNormalizedReference } from "@opendepot/oci";
import { readPlainHttp } from "./plain-http.ts";

const targets = ["reg.internal:5000/acme/app:1", "ghcr.io/acme/app:1", "Old.Internal/app:1"].map(
  parseNormalizedReference,
);

test("registries that something is pushed to may be spoken to without TLS, those that are named and no others", () => {
  assert.deepEqual(readPlainHttp([], targets), new Set());
  assert.deepEqual(
    readPlainHttp(["reg.internal:5000", "old.internal"], targets),
    new Set(["reg.internal:5000", "old.internal"]),
  );
});

test("a host without its port, another one, and one with a scheme are slips", () => {
  for (const host of ["reg.internal", "reg.internal:5001", "elsewhere:5000", "http://reg.internal:5000", ""]) {
    assert.throws(
      () => readPlainHttp([host], targets),
      (error) => {
        assert(isProblem(error, "flag_value_invalid"));
        assert.match(error.hint ?? "", /reg\.internal:5000, ghcr\.io, old\.internal$/);
        return true;
      },
    );
  }
  assert.throws(
    () => readPlainHttp(["reg.internal"], []),
    (error) => isProblem(error, "flag_value_invalid"),
  );
});
