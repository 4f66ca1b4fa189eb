import assert from "node:assert/strict";
import { test } from "node:test";
import { nearest } from "./nearest.ts";

const flags = ["--build-arg", "--build-context", "--no-cache", "--platform", "--push"];

test("a slip of the fingers finds the word that was meant", () => {
  assert.equal(nearest("--biuld-arg", flags), "--build-arg");
  assert.equal(nearest("--plattform", flags), "--platform");
  assert.equal(nearest("--pus", flags), "--push");
  assert.equal(nearest("biuld", ["build", "bake"]), "build");
});

test("nothing is suggested for a word that is far from all", () => {
  assert.equal(nearest("--frobnicate", flags), undefined);
  assert.equal(nearest("x", ["build"]), undefined);
  assert.equal(nearest("build", []), undefined);
});
