import type { ByteString } from "./byte-string.ts";
import type { CharClass } from "./char-class.ts";
import { badPattern } from "./problems.ts";
import type { Assertion, Regexp } from "./regexp-parser.ts";

/** One step of a program; `next` and `other` are indexes of steps. */
export type Step =
  | { readonly kind: "class"; readonly includes: CharClass; readonly next: number }
  | { readonly kind: "split"; readonly next: number; readonly other: number }
  | { readonly kind: "assert"; readonly what: Assertion; readonly next: number }
  | { readonly kind: "match"; readonly tag: number };

/** Steps that several expressions share, and where each of these starts. */
export interface Program {
  readonly steps: readonly Step[];
  readonly starts: readonly number[];
}

/** `{n}` multiplies what it holds; beyond this many steps in all they are refused, as Go refuses large expressions. */
const MAX_STEPS = 200_000;

/** An expression, and what is to be reported when it is found. */
export interface TaggedRegexp {
  readonly regexp: Regexp;
  readonly tag: number;
  /** The pattern that it comes from, for errors. */
  readonly pattern: ByteString;
}

/** Takes the place of a step that is not known yet. */
const UNFINISHED: Step = { kind: "match", tag: -1 };

/**
 * Compiles expressions to one program that looks for all of them at once, anywhere in the text.
 *
 * @throws {Problem} `pattern_invalid` when they are too large
 */
export function compileProgram(regexps: readonly TaggedRegexp[]): Program {
  const steps: Step[] = [];
  const starts = regexps.map(({ regexp, tag, pattern }) => {
    if (countSteps(regexp) + steps.length > MAX_STEPS) throw badPattern(pattern, new RangeError("it is too large"));
    const start = emit(steps, regexp, add(steps, { kind: "match", tag }));
    return isAnchored(regexp) ? start : emitSearch(steps, start);
  });
  return { steps, starts };
}

/** Emits `regexp` so that it goes on at step `next`; gives its first step. Built from the end to the front. */
function emit(steps: Step[], regexp: Regexp, next: number): number {
  switch (regexp.kind) {
    case "class":
      return add(steps, { kind: "class", includes: regexp.includes, next });
    case "assert":
      return add(steps, { kind: "assert", what: regexp.what, next });
    case "sequence":
      return regexp.parts.reduceRight((after, part) => emit(steps, part, after), next);
    case "choice":
      return regexp.parts
        .map((part) => emit(steps, part, next))
        .reduceRight((other, start) => add(steps, { kind: "split", next: start, other }));
    case "repeat":
      return emitRepeat(steps, regexp, next);
  }
}

function emitRepeat(steps: Step[], repeat: Regexp & { kind: "repeat" }, next: number): number {
  let start = next;
  if (repeat.most === Number.POSITIVE_INFINITY) {
    start = add(steps, UNFINISHED); // the loop needs its own index
    steps[start] = { kind: "split", next: emit(steps, repeat.inner, start), other: next };
  } else {
    for (let count = repeat.least; count < repeat.most; count++) {
      start = add(steps, { kind: "split", next: emit(steps, repeat.inner, start), other: next });
    }
  }
  for (let count = 0; count < repeat.least; count++) start = emit(steps, repeat.inner, start);
  return start;
}

/** Lets an expression begin at any place of the text. */
function emitSearch(steps: Step[], start: number): number {
  const loop = add(steps, UNFINISHED);
  const skip = add(steps, { kind: "class", includes: () => true, next: loop });
  steps[loop] = { kind: "split", next: start, other: skip };
  return loop;
}

function isAnchored(regexp: Regexp): boolean {
  if (regexp.kind === "assert") return regexp.what === "begin";
  if (regexp.kind === "choice") return regexp.parts.every(isAnchored);
  return regexp.kind === "sequence" && regexp.parts[0] !== undefined && isAnchored(regexp.parts[0]);
}

/** About as many as {@link emit} makes of it. */
function countSteps(regexp: Regexp): number {
  if (regexp.kind === "repeat") {
    const times = Number.isFinite(regexp.most) ? regexp.most : regexp.least + 1;
    return times * (countSteps(regexp.inner) + 1);
  }
  if (regexp.kind === "class" || regexp.kind === "assert") return 1;
  return regexp.parts.reduce((sum, part) => sum + countSteps(part) + 1, 1);
}

function add(steps: Step[], step: Step): number {
  return steps.push(step) - 1;
}
