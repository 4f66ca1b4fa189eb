import assert from "node:assert/strict";
import { test } from "node:test";
import { parseChallenges } from "./challenge.ts";

function read(header: string): unknown {
  return parseChallenges(header).map(({ scheme, parameters }) => [scheme, Object.fromEntries(parameters)]);
}

test("a token server is read from a bearer challenge", () => {
  const header = 'Bearer realm="https://auth.example/token",service="registry",scope="repository:a/b:pull,push"';

  assert.deepEqual(read(header), [
    ["bearer", { realm: "https://auth.example/token", service: "registry", scope: "repository:a/b:pull,push" }],
  ]);
});

test("several challenges in one header, quotes and spaces are told apart", () => {
  const header = String.raw`BASIC realm="a \"b\", c", Bearer Realm = "https://x/" , error=invalid_token`;

  assert.deepEqual(read(header), [
    ["basic", { realm: 'a "b", c' }],
    ["bearer", { realm: "https://x/", error: "invalid_token" }],
  ]);
});

test("what makes no sense gives no challenge and costs no time", () => {
  assert.deepEqual(read(""), []);
  assert.deepEqual(read('"'), []);
  assert.deepEqual(read(`Bearer ${"a".repeat(10_000)}`), []);
  assert.deepEqual(read('Basic realm="never closed'), [["basic", {}]]);
});
