import assert from "node:assert/strict";
import { test } from "node:test";
import { isProblem } from "@opendepot/base";
import { isDigest, parseDigest, splitDigest } from "./digest.ts";

const HEX = "0123456789abcdef".repeat(4);

test("digests of the registered algorithms are read", () => {
  assert.deepEqual(splitDigest(parseDigest(`sha256:${HEX}`)), { algorithm: "sha256", hex: HEX });
  assert.ok(isDigest(`sha512:${HEX}${HEX}`));
});

for (const bad of [
  "",
  "sha256:",
  `sha256:${HEX}0`,
  `sha256:${HEX.toUpperCase()}`,
  `md5:${HEX}`,
  HEX,
  ` sha256:${HEX}`,
]) {
  test(`${JSON.stringify(bad)} is no digest`, () => {
    assert.throws(
      () => parseDigest(bad),
      (error) => isProblem(error, "digest_invalid"),
    );
  });
}
