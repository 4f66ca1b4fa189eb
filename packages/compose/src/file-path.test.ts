import assert from "node:assert/strict";
import { test } from "node:test";
import { cleanPath, directoryOf, isWindowsAbsolutePath, joinPath, relativePath } from "./file-path.ts";

test("paths are cleaned, joined and cut as Go does it", () => {
  assert.deepEqual(["", "./a/../b/", "/", "a//b", "../x/."].map(cleanPath), [".", "b", "/", "a/b", "../x"]);
  assert.deepEqual(
    [joinPath("", ""), joinPath("", "./a"), joinPath("a", "../.."), joinPath("a", "/b")],
    ["", "a", "..", "a/b"],
  );
  assert.deepEqual(["a", "a/b", "/a", "a/b/"].map(directoryOf), [".", "a", "/", "a/b"]);
});

test("a way from one path to another is found when there is one", () => {
  assert.equal(relativePath("", "a/b"), "a/b");
  assert.equal(relativePath("a/c", "a/b"), "../b");
  assert.equal(relativePath("a", "a"), ".");
  assert.equal(relativePath("..", "a"), undefined);
  assert.equal(relativePath("a", "/a"), undefined);
});

test("absolute paths of Windows are known", () => {
  assert.deepEqual(["C:\\a", "c:/a", "\\\\host\\share\\x", "a\\b", "C:a"].map(isWindowsAbsolutePath), [
    true,
    true,
    true,
    false,
    false,
  ]);
});
