import assert from "node:assert/strict";
import { test } from "node:test";
import { isProblem } from "@opendepot/base";
import { readPackagingOptions } from "./options.ts";
import { PLATFORMS } from "./platforms.ts";

test("without words everything is made, for all platforms, with the pinned Node.js", () => {
  const { parts, platforms, nodeVersions } = readPackagingOptions([]);

  assert.deepEqual([...parts], ["executables", "packages"]);
  assert.deepEqual(platforms, PLATFORMS);
  assert.equal(nodeVersions.size, 0);
});

test("platforms, parts and versions of Node.js can be chosen", () => {
  const words = "executables --platform linux-arm64 --platform=linux-arm64 --node darwin-arm64=24.0.0".split(" ");

  const { parts, platforms, nodeVersions } = readPackagingOptions(words);

  assert.deepEqual([...parts], ["executables"]);
  assert.deepEqual(
    platforms.map(({ name }) => name),
    ["linux-arm64"],
  );
  assert.deepEqual([...nodeVersions], [["darwin-arm64", "24.0.0"]]);
});

test("words that mean nothing are refused with a hint", () => {
  for (const words of ["images", "--platform win-x64", "--fast", "--node linux-x64", "--node linux-x64=latest"])
    assert.throws(
      () => readPackagingOptions(words.split(" ")),
      (error) => isProblem(error, "option_invalid") && error.hint !== undefined,
    );
});
