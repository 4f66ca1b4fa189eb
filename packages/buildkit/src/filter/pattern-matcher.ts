import { type ByteString, cleanPath, trimSpace } from "./byte-string.ts";
import { matchGlob } from "./glob.ts";
import { PatternIndex } from "./pattern-index.ts";
import { badPattern } from "./problems.ts";

/** One of a matcher's patterns as it is applied. */
export interface MatcherPattern {
  /** Cleaned, without the leading `!`. */
  readonly text: ByteString;
  /** Begins with `!`: takes back what earlier patterns matched. */
  readonly isException: boolean;
}

/** What a directory's match tells about what is in it; opaque. */
export type ParentMatch = readonly boolean[];

/**
 * Ordered patterns with the semantics of `.dockerignore`: the last one that matches a path, or one of its parents,
 * decides. Agrees with moby/patternmatcher in every quirk that shows (see `readPattern`).
 */
export class PatternMatcher {
  readonly patterns: readonly MatcherPattern[];
  readonly hasExceptions: boolean;
  readonly #runs: readonly Run[];
  readonly #index: PatternIndex;
  /** By run: 1 where one of its patterns matches the path in question. */
  readonly #hits: Uint8Array;

  /**
   * Blank patterns are left out.
   *
   * @throws {Problem} `pattern_invalid`
   */
  constructor(patterns: readonly ByteString[]) {
    this.patterns = patterns.map(trimSpace).filter(Boolean).map(readLine);
    this.hasExceptions = this.patterns.some((pattern) => pattern.isException);
    this.#runs = toRuns(this.patterns);
    this.#index = new PatternIndex(this.#runs.map((run) => run.texts));
    this.#hits = new Uint8Array(this.#runs.length);
  }

  /**
   * Whether `path`, clean and relative, matches.
   *
   * @throws {Problem} `pattern_invalid` for a pattern that turns out to be none only when it is applied
   */
  matches(path: ByteString): boolean {
    this.#hits.fill(0);
    this.#index.mark(path, this.#hits);
    for (let slash = path.indexOf("/"); slash >= 0; slash = path.indexOf("/", slash + 1)) {
      this.#index.mark(path.slice(0, slash), this.#hits);
    }
    let isMatched = false;
    for (const [index, { isException }] of this.#runs.entries()) {
      if (isException !== isMatched) continue;
      if (this.#hits[index]) isMatched = !isException;
      else this.#index.assertGood(index);
    }
    return isMatched;
  }

  /**
   * The same for walks: parents are not looked at again, `parent` is what was learned of the directory that
   * `path` is in; undefined at the top.
   *
   * @throws {Problem} `pattern_invalid`
   */
  matchIn(path: ByteString, parent: ParentMatch | undefined): { isMatched: boolean; own: ParentMatch } {
    this.#hits.fill(0);
    this.#index.mark(path, this.#hits);
    let isMatched = false;
    const own = this.#runs.map(({ isException }, index) => {
      const isInherited = parent?.[index] === true;
      const isTested = !isInherited && isException === isMatched;
      const matches = isInherited || (isTested && this.#hits[index] === 1);
      if (matches) isMatched = !isException;
      else if (isTested) this.#index.assertGood(index);
      return matches;
    });
    return { isMatched, own };
  }
}

/**
 * Neighbouring patterns of the same sign. Whether one or several of them match makes no difference to any path,
 * so they are tested, and remembered for the paths below, as one.
 */
interface Run {
  readonly isException: boolean;
  readonly texts: ByteString[];
}

function toRuns(patterns: readonly MatcherPattern[]): Run[] {
  const runs: Run[] = [];
  for (const { isException, text } of patterns) {
    const last = runs.at(-1);
    if (last?.isException === isException) last.texts.push(text);
    else runs.push({ isException, texts: [text] });
  }
  return runs;
}

function readLine(line: ByteString): MatcherPattern {
  const pattern = cleanPath(line);
  const isException = pattern.startsWith("!");
  const text = isException ? pattern.slice(1) : pattern;
  if (text === "") throw badPattern(line);
  matchGlob(text, "."); // only for its errors, as moby/patternmatcher does
  return { text, isException };
}
