import assert from "node:assert/strict";
import { test } from "node:test";
import type { VertexLog } from "@opendepot/buildkit/wire";
import { createLastWords } from "./last-words.ts";

const log = (text: string): VertexLog => ({ vertex: "v", timestamp: undefined, stream: 1n, msg: Buffer.from(text) });

test("the end of what steps write is kept, and everything is passed on", () => {
  let shown = 0;
  const words = createLastWords({ update: () => void shown++ });
  const tell = (...texts: string[]): void =>
    words.update({ vertexes: [], statuses: [], logs: texts.map(log), warnings: [] });

  tell("one ", "two ");
  assert.equal(words.text(), "one two ");
  tell("x".repeat(10_000), "last");
  assert.equal(words.text(), `${"x".repeat(4092)}last`);
  tell("y".repeat(5_000));
  assert.equal(words.text(), "y".repeat(4096));
  assert.equal(shown, 3);
});
