import { Automaton } from "./automaton.ts";
import type { ByteString } from "./byte-string.ts";
import { type PatternTest, readPattern } from "./pattern.ts";
import { badPattern } from "./problems.ts";
import { compileProgram, type TaggedRegexp } from "./program.ts";

/** A literal and the group that it belongs to. */
interface Literal {
  readonly text: ByteString;
  readonly group: number;
}

/**
 * Groups of patterns, of which those are wanted that have a pattern for a path. All are tried in one go: whole
 * paths and last names are looked up, and everything with a wildcard is one automaton.
 */
export class PatternIndex {
  readonly #paths = new Map<ByteString, number[]>();
  readonly #names = new Map<ByteString, number[]>();
  readonly #prefixes: Literal[] = [];
  readonly #suffixes: Literal[] = [];
  readonly #regexps: TaggedRegexp[] = [];
  readonly #bad = new Map<number, { readonly pattern: ByteString; readonly reason: string }>();
  readonly #automaton: Automaton | undefined;

  /** Patterns are cleaned and without their leading `!`. */
  constructor(groups: ReadonlyArray<readonly ByteString[]>) {
    for (const [group, patterns] of groups.entries()) this.#addGroup(group, patterns);
    if (this.#regexps.length > 0) this.#automaton = new Automaton(compileProgram(this.#regexps));
  }

  /** Sets `hits` to 1 at each group with a pattern for `path`. */
  mark(path: ByteString, hits: Uint8Array): void {
    for (const group of this.#paths.get(path) ?? []) hits[group] = 1;
    if (this.#names.size > 0) {
      for (const group of this.#names.get(path.slice(path.lastIndexOf("/") + 1)) ?? []) hits[group] = 1;
    }
    for (const { text, group } of this.#prefixes) if (path.startsWith(text)) hits[group] = 1;
    for (const { text, group } of this.#suffixes) if (endsWithSuffix(path, text)) hits[group] = 1;
    for (const group of this.#automaton?.find(path) ?? []) hits[group] = 1;
  }

  /**
   * To be called when a group was reached and did not match: then so was a bad pattern in it.
   *
   * @throws {Problem} `pattern_invalid`
   */
  assertGood(group: number): void {
    const bad = this.#bad.get(group);
    if (bad) throw badPattern(bad.pattern, new SyntaxError(bad.reason));
  }

  #addGroup(group: number, patterns: readonly ByteString[]): void {
    for (const pattern of patterns) {
      const test = readPattern(pattern);
      if (test.kind === "bad") {
        // moby/patternmatcher tries one after the other: what follows a bad one is never reached.
        this.#bad.set(group, { pattern, reason: test.reason });
        return;
      }
      this.#add(test, { group, pattern });
    }
  }

  #add(test: Exclude<PatternTest, { kind: "bad" }>, from: { group: number; pattern: ByteString }): void {
    const { group, pattern } = from;
    if (test.kind === "regexp") this.#regexps.push({ regexp: test.regexp, tag: group, pattern });
    else if (test.kind === "exact") addTo(this.#paths, test.text, group);
    else if (test.kind === "prefix") this.#prefixes.push({ text: test.text, group });
    else if (/^\/[^/]+$/.test(test.text)) addTo(this.#names, test.text.slice(1), group);
    else this.#suffixes.push({ text: test.text, group });
  }
}

function addTo(map: Map<ByteString, number[]>, text: ByteString, group: number): void {
  const groups = map.get(text);
  if (!groups) map.set(text, [group]);
  else if (groups.at(-1) !== group) groups.push(group);
}

function endsWithSuffix(path: ByteString, suffix: ByteString): boolean {
  return path.endsWith(suffix) || (suffix.startsWith("/") && path === suffix.slice(1));
}
