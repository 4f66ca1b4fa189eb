import type { ByteString } from "./byte-string.ts";
import { type MatcherPattern, type ParentMatch, PatternMatcher } from "./pattern-matcher.ts";

/** Which entries of a tree are wanted. */
export interface TreePatterns {
  /** With at least one pattern, only what matches is wanted. */
  readonly includes: readonly ByteString[];
  /** What matches is not wanted. */
  readonly excludes: readonly ByteString[];
}

/**
 * - `keep`: the entry is wanted.
 * - `descend`: it is not, but, if it is a directory, something in it may be.
 * - `skip`: neither.
 */
export type Verdict = "keep" | "descend" | "skip";

/** A verdict, and what has to be known for the entries of this directory. */
export interface FilterResult {
  readonly verdict: Verdict;
  readonly own: FilterMatch;
}

/** What a directory's match tells about what is in it; opaque. */
export interface FilterMatch {
  readonly include: ParentMatch | undefined;
  readonly exclude: ParentMatch | undefined;
}

/** Decides entry by entry, parents first, what of a tree is wanted: fsutil `NewFilterFS`. */
export class TreeFilter {
  readonly #include: PatternMatcher | undefined;
  readonly #exclude: PatternMatcher | undefined;
  /** Directories that may hold something wanted, when patterns tell; undefined when any may. */
  readonly #includeRoots: readonly ByteString[] | undefined;
  readonly #exceptionRoots: readonly ByteString[] | undefined;

  /** @throws {Problem} `pattern_invalid` */
  constructor(patterns: TreePatterns) {
    if (patterns.includes.length > 0) {
      this.#include = new PatternMatcher(patterns.includes);
      this.#includeRoots = rootsOf(this.#include.patterns.filter((pattern) => !pattern.isException));
    }
    if (patterns.excludes.length > 0) {
      this.#exclude = new PatternMatcher(patterns.excludes);
      this.#exceptionRoots = rootsOf(this.#exclude.patterns.filter((pattern) => pattern.isException));
    }
  }

  /**
   * `path` is clean and relative; `parent` is the `own` of the directory it is in, undefined at the top.
   *
   * @throws {Problem} `pattern_invalid`
   */
  check(path: ByteString, parent: FilterMatch | undefined): FilterResult {
    const include = this.#include?.matchIn(path, parent?.include);
    if (include?.isMatched === false && !mayHold(this.#includeRoots, path)) return SKIPPED;
    const exclude = this.#exclude?.matchIn(path, parent?.exclude);
    if (exclude?.isMatched === true && !mayHold(this.#exceptionRoots, path)) return SKIPPED;
    const isWanted = include?.isMatched !== false && exclude?.isMatched !== true;
    return { verdict: isWanted ? "keep" : "descend", own: { include: include?.own, exclude: exclude?.own } };
  }
}

const SKIPPED: FilterResult = { verdict: "skip", own: { include: undefined, exclude: undefined } };

const WILDCARD = /[*[\]?^\\]/;

/**
 * The literal paths that the patterns are about, each with a slash at its end; undefined as soon as one has a
 * wildcard other than a last `/**` or `/*`.
 */
function rootsOf(patterns: readonly MatcherPattern[]): ByteString[] | undefined {
  const roots = patterns.map(({ text }) => text.replace(/\/\*\*$/, "").replace(/\/\*$/, ""));
  return roots.some((root) => WILDCARD.test(root)) ? undefined : roots.map((root) => `${root}/`);
}

/** Whether one of the roots is the directory `path` or lies in it. */
function mayHold(roots: readonly ByteString[] | undefined, path: ByteString): boolean {
  if (roots === undefined) return true;
  const prefix = `${path}/`;
  return roots.some((root) => root.startsWith(prefix));
}
