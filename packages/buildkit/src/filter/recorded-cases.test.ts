import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { isProblem } from "@opendepot/base";
import type { ByteString } from "./byte-string.ts";
import { type ParentMatch, PatternMatcher } from "./pattern-matcher.ts";

interface RecordedCase {
  readonly patterns: readonly string[];
  readonly bad?: boolean;
  readonly files?: ReadonlyArray<{ readonly path: string; readonly whole: string; readonly walked: string }>;
}

const CASES = process.env["PATTERN_CASES"] ?? new URL("testdata/patternmatcher.jsonl", import.meta.url);

function bytes(base64: string): ByteString {
  return Buffer.from(base64, "base64").toString("latin1");
}

/** As the cases are recorded: 1, 0, or e for an error. */
function outcome(decide: () => boolean): string {
  try {
    return decide() ? "1" : "0";
  } catch (error) {
    if (isProblem(error, "pattern_invalid")) return "e";
    throw error;
  }
}

function walkTo(matcher: PatternMatcher, path: ByteString): boolean {
  let parent: ParentMatch | undefined;
  let isMatched = false;
  for (let end = path.indexOf("/"); end >= 0; end = path.indexOf("/", end + 1)) {
    parent = matcher.matchIn(path.slice(0, end), parent).own;
  }
  ({ isMatched } = matcher.matchIn(path, parent));
  return isMatched;
}

test("decides every recorded case as moby/patternmatcher does", () => {
  const lines = readFileSync(CASES, "utf8").trim().split("\n");
  assert.ok(lines.length >= 1480);
  for (const line of lines) {
    const recorded = JSON.parse(line) as RecordedCase;
    const patterns = recorded.patterns.map(bytes);
    const shown = JSON.stringify(patterns);
    if (recorded.bad) {
      assert.throws(() => new PatternMatcher(patterns), { code: "pattern_invalid" }, shown);
      continue;
    }
    for (const { path, whole, walked } of recorded.files ?? []) {
      // Automata remember what they saw: a matcher of its own for each question, as it was recorded.
      assert.equal(
        outcome(() => new PatternMatcher(patterns).matches(bytes(path))),
        whole,
        `${shown} ${bytes(path)}`,
      );
      assert.equal(
        outcome(() => walkTo(new PatternMatcher(patterns), bytes(path))),
        walked,
        `${shown} ${bytes(path)}`,
      );
    }
  }
});
