import assert from "node:assert/strict";
import { test } from "node:test";
import { formatScope, parseScopes } from "./scope.ts";

const asLists = (parameters: readonly string[]): unknown =>
  parseScopes(parameters).map(({ repository, actions }) => [repository, [...actions].join(",")]);

test("scopes may be repeated, joined by spaces, and name a repository twice", () => {
  const parameters = ["repository:a/b:push,pull repository:c:pull", "repository:c:delete"];

  assert.deepEqual(asLists(parameters), [
    ["a/b", "pull,push"],
    ["c", "pull,delete"],
  ]);
});

test("a star stands for everything", () => {
  assert.deepEqual(asLists(["repository:a:*"]), [["a", "pull,push,delete"]]);
});

test("what is no scope of a repository is left out", () => {
  const parameters = [
    "registry:catalog:*",
    "repository:A:pull",
    "repository:../a:pull",
    "repository:a",
    "nonsense",
    "",
  ];

  assert.deepEqual(asLists(parameters), []);
  assert.deepEqual(asLists(["repository:a:admin,pull"]), [["a", "pull"]]);
});

test("very many scopes are refused", () => {
  const many = Array.from({ length: 65 }, (_, at) => `repository:a${at}:pull`).join(" ");

  assert.throws(() => parseScopes([many]), { code: "token_request_invalid" });
});

test("a scope is written as it is read", () => {
  assert.deepEqual(asLists([formatScope("a/b", ["pull", "push"])]), [["a/b", "pull,push"]]);
});
