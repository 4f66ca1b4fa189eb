import assert from "node:assert/strict";
import { test } from "node:test";
import { checkedExample, readExample } from "./readme-example.ts";

test("the first TypeScript example of a README is read", () => {
  assert.equal(readExample("# A\n```sh\nls\n```\n```ts\nlet a;\n```\n```ts\nlet b;\n```\n"), "let a;\n");
  assert.equal(readExample("# A\n"), undefined);
});

test("comments that are values become checks, others stay comments", () => {
  const example = 'const a = read("//x"); // "b"\na?.c; // [1]\nsay(a); // for people\n';

  assert.deepEqual(checkedExample(example).split("\n").slice(1), [
    'const a = read("//x"); // "b"',
    'deepEqual(a, "b");',
    "deepEqual(a?.c, [1]);",
    "say(a); // for people",
    "",
  ]);
});
