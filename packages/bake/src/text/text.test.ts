import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { formatJson } from "./json-text.ts";
import { BadPattern, matchPath } from "./match-path.ts";
import { cleanPath, folderOf, joinPaths } from "./paths.ts";
import { relativeOrAbsolute } from "./relative-path.ts";
import { isGitOverSsh, isRemoteUrl } from "./remote-urls.ts";
import { alignTabs } from "./tab-table.ts";

test("paths are cleaned as Go cleans them", () => {
  const cases = { "": ".", "a//b/./c/..": "a/b", "../..//x": "../../x", "/..": "/", "a/../..": "..", "./": "." };
  for (const [path, clean] of Object.entries(cases)) assert.equal(cleanPath(path), clean);
  assert.equal(joinPaths("a", "", "../b"), "b");
  assert.equal(joinPaths("", ""), "");
  assert.equal(folderOf("a/b.hcl"), "a");
  assert.equal(folderOf("b.hcl"), ".");
});

suite("patterns", () => {
  const matching = ["a*", "a?c", "[a-c]*", "[^x]bc", "a\\bc", "*", "abc", "a[b]c", "[\\a]bc"];
  for (const pattern of matching) test(`${pattern} matches abc`, () => assert.equal(matchPath(pattern, "abc"), true));

  for (const pattern of ["b*", "ab", "[x-z]bc", "[c-a]bc", "a*d"])
    test(`${pattern} does not match abc`, () => assert.equal(matchPath(pattern, "abc"), false));

  for (const pattern of ["[", "[a", "[]a]", "a\\", "[a-]", "[-a]"])
    test(`${pattern} is no pattern`, () => assert.throws(() => matchPath(pattern, "abc"), BadPattern));
});

test("addresses are told from folders", () => {
  const remote = [
    "https://example.com",
    "http://",
    "git@github.com:a/b.git#main",
    "github.com/a/b",
    "git://a/b",
    "ssh://git@a/b.git",
  ];
  for (const text of remote) assert.equal(isRemoteUrl(text), true, text);
  for (const text of ["./github.com/a", "a/b", "ftp://a/b", "docker-image://a", "ssh://git@a:x/b", "a@b", "../x"])
    assert.equal(isRemoteUrl(text), false, text);
  assert.equal(isGitOverSsh("git@github.com:a/b"), true);
  assert.equal(isGitOverSsh("https://github.com/a/b.git"), false);
});

test("JSON is written as Go writes it", () => {
  const value = new Map<string, string[] | Map<string, string> | bigint>([
    ["10", ["<&>\u2028", "\ud800"]],
    ["9", []],
    ["8", new Map()],
    ["7", 2n ** 60n],
  ]);
  const text = `{
  "10": [
    "\\u003c\\u0026\\u003e\\u2028",
    "\ufffd"
  ],
  "9": [],
  "8": {},
  "7": 1152921504606846976
}`;
  assert.equal(formatJson(value), text);
});

test("columns are lined up with tabs", () => {
  assert.equal(alignTabs("A\tB\nlonger name\tx\n\ty\nno cell\n"), "A\t\tB\nlonger name\tx\n\t\ty\nno cell\n");
});

test("paths near the working folder are told from there", () => {
  assert.equal(relativeOrAbsolute("/a/b", "/a/b/c"), "c");
  assert.equal(relativeOrAbsolute("/a/b", "/a/c"), "../c");
  assert.equal(relativeOrAbsolute("/a/b", "/c"), "/c");
  assert.equal(relativeOrAbsolute("/a/b", "/a/b"), ".");
});
