import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";

/** Compares with a text in testdata. With UPDATE_TESTDATA=1 in the environment the text is written instead. */
export function assertGolden(name: string, text: string): void {
  const file = new URL(`../testdata/${name}`, import.meta.url);
  if (process.env["UPDATE_TESTDATA"] === "1") writeFileSync(file, text);
  assert.equal(text, readFileSync(file, "utf8"));
}
