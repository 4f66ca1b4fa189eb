import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { toByteString } from "./byte-string.ts";
import { PatternMatcher } from "./pattern-matcher.ts";

/** Which of `paths` match. */
function matching(patterns: readonly string[], paths: readonly string[]): string[] {
  const matcher = new PatternMatcher(patterns.map(toByteString));
  return paths.filter((path) => matcher.matches(toByteString(path)));
}

describe("a pattern", () => {
  const cases: ReadonlyArray<readonly [pattern: string, matches: readonly string[], not: readonly string[]]> = [
    ["foo", ["foo", "foo/bar", "foo/bar/baz"], ["fo", "foobar", "bar/foo", "FOO"]],
    ["foo/", ["foo", "foo/bar"], ["food"]],
    ["./foo//bar/../baz", ["foo/baz"], ["foo/bar"]],
    ["*", ["a", "a/b/c", ".hidden"], []],
    ["*.log", ["a.log", ".log", "a.log/b"], ["d/a.log", "a.logs"]],
    ["**", ["a", "a/b/c"], []],
    ["**/*.log", ["a.log", "d/a.log", "d/e/a.log"], ["a.log2", "alog"]],
    ["**/foo", ["foo", "a/foo", "a/b/foo", "a/foo/x"], ["afoo", "a/foox"]],
    ["**foo", ["foo", "xfoo", "a/xfoo"], ["foox"]],
    ["foo/**", ["foo/a", "foo/a/b"], ["foo", "foox/a"]],
    ["foo**", ["foo", "foox", "foo/a"], ["fo"]],
    ["foo/**/bar", ["foo/bar", "foo/a/bar", "foo/a/b/bar"], ["foo/abar", "bar"]],
    ["foo/*/bar", ["foo/a/bar"], ["foo/bar", "foo/a/b/bar"]],
    ["a?c", ["abc", "aéc", "a日c"], ["ac", "a/c", "abbc"]],
    ["[a-c]x", ["ax", "cx"], ["dx", "[a-c]x"]],
    ["[^a-c]x", ["dx", "éx"], ["ax"]],
    ["a.b", ["a.b"], ["axb"]],
    ["*a.b+c(d)$", ["a.b+c(d)$", "xa.b+c(d)$"], ["axb+c(d)$"]],
    ["a\\*", ["a*"], ["ab", "a\\*"]],
    [" foo ", ["foo"], [" foo "]],
    ["日本*", ["日本語"], ["日"]],
    // Quirks of moby/patternmatcher, which people's files may rely on.
    ["a|*b", ["a", "ax", "xb"], ["x"]],
    ["a{2}*", ["aa", "aax"], ["a{2}"]],
  ];

  for (const [pattern, matches, not] of cases) {
    test(`${JSON.stringify(pattern)} matches what it should`, () => {
      assert.deepEqual(matching([pattern], [...matches, ...not]), matches);
    });
  }

  for (const bad of ["[", "[a-", "a\\", "!", "[]"]) {
    test(`${JSON.stringify(bad)} is refused by name`, () => {
      assert.throws(() => new PatternMatcher([bad]), { code: "pattern_invalid", message: /invalid pattern "/ });
    });
  }

  test("that is bad only as a regular expression is refused when it is reached", () => {
    const matcher = new PatternMatcher(["a", "x\\e*"]);
    assert.equal(matcher.matches("a"), true);
    assert.throws(() => matcher.matches("b"), { code: "pattern_invalid", message: /x\\\\e/ });
  });
});

test("patterns whose counts multiply to something huge are refused", () => {
  const huge = "[a]{1000}".repeat(300);
  assert.throws(() => new PatternMatcher([huge]), { code: "pattern_invalid" });
});

describe("several patterns", () => {
  test("are decided by the last one that matches the path or a parent", () => {
    const patterns = ["*", "!src", "src/gen", "!src/gen/keep.ts", "**/*.tmp"];
    const paths = ["a", "src", "src/a.ts", "src/gen", "src/gen/a.ts", "src/gen/keep.ts", "src/a.tmp"];
    assert.deepEqual(matching(patterns, paths), ["a", "src/gen", "src/gen/a.ts", "src/a.tmp"]);
  });

  test("leave blanks out, and an exception alone takes nothing back", () => {
    assert.deepEqual(matching(["", "  ", "!a"], ["a", "b"]), []);
  });

  test("give the same answers along a walk", () => {
    const matcher = new PatternMatcher(["a", "!a/b", "a/b/c", "!**/d"]);
    const top = matcher.matchIn("a", undefined);
    const middle = matcher.matchIn("a/b", top.own);
    assert.deepEqual([top.isMatched, middle.isMatched], [true, false]);
    assert.equal(matcher.matchIn("a/x", top.own).isMatched, true);
    assert.equal(matcher.matchIn("a/b/c", middle.own).isMatched, true);
    assert.equal(matcher.matchIn("a/b/d", middle.own).isMatched, false);
  });
});

describe("speed", () => {
  test("patterns that make backtracking matchers explode are harmless", { timeout: 5000 }, () => {
    const path = `${`${"a".repeat(200)}/`.repeat(15)}b`;
    for (const pattern of [`${"**/".repeat(30)}c`, `${"*a".repeat(40)}c`, "[^b]{1000}c*", `${"a*".repeat(60)}c`]) {
      assert.equal(new PatternMatcher([pattern]).matches(path), false);
    }
  });

  test("50,000 paths pass 405 patterns of all kinds in well under a second", () => {
    const kinds = ["**/name-#", "dir-#/sub", "**/*.ext#", "pre#/**", "*.tail#", "!**/keep-#.*"];
    const patterns = Array.from({ length: 405 }, (_, index) =>
      (kinds[index % kinds.length] ?? "").replace("#", `${index}`),
    );
    const matcher = new PatternMatcher(patterns);
    const start = performance.now();
    for (let index = 0; index < 50_000; index++)
      matcher.matchIn(`packages/p${index % 90}/src/file-${index}.ts`, undefined);
    const elapsedMs = performance.now() - start;
    assert.ok(elapsedMs < 3000, `${elapsedMs} ms`); // generous: the machine may be busy
  });
});
