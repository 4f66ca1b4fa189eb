import { type ByteString, toRunes } from "./byte-string.ts";
import { isWord } from "./char-class.ts";
import type { Program, Step } from "./program.ts";

/** States beyond this are forgotten and made anew when needed, so that memory stays bounded. */
const MAX_STATES = 2000;

const UNKNOWN = -1;

/** After the last character. */
const END = -1;

interface State {
  /** Steps to go on from, in ascending order. */
  readonly pending: readonly number[];
  readonly isStart: boolean;
  readonly afterWord: boolean;
  /** Next state by ASCII character; UNKNOWN where not asked for yet. */
  readonly ascii: Int32Array;
  readonly others: Map<number, number>;
  /** What is found when the text ends here; undefined when not asked for yet. */
  found: readonly number[] | undefined;
}

/**
 * Finds which of a program's expressions are in a text, in time linear in the text whatever the expressions are:
 * a deterministic automaton whose states are made when first reached.
 */
export class Automaton {
  readonly #steps: readonly Step[];
  readonly #starts: readonly number[];
  #states: State[] = [];
  #byKey = new Map<string, number>();

  constructor(program: Program) {
    this.#steps = program.steps;
    this.#starts = [...program.starts].sort(ascending);
  }

  /** The tags of the expressions found, each once. */
  find(text: ByteString): readonly number[] {
    if (this.#states.length === 0 || this.#states.length > MAX_STATES) this.#reset();
    let state = this.#stateAt(0);
    for (let index = 0; index < text.length; index++) {
      const code = text.charCodeAt(index);
      if (code >= 0x80) return this.#findRunes(toRunes(text));
      state = this.#next(state, code);
      if (state.pending.length === 0) return [];
    }
    state.found ??= this.#follow(state, END).found;
    return state.found;
  }

  #findRunes(runes: readonly number[]): readonly number[] {
    const end = runes.reduce((state, rune) => this.#next(state, rune), this.#stateAt(0));
    end.found ??= this.#follow(end, END).found;
    return end.found;
  }

  #reset(): void {
    this.#states = [];
    this.#byKey.clear();
    this.#intern(this.#starts, { isStart: true, afterWord: false });
  }

  #stateAt(index: number): State {
    const state = this.#states[index];
    if (!state) throw new RangeError(`no state ${index}`);
    return state;
  }

  #next(state: State, rune: number): State {
    const known = rune < 0x80 ? (state.ascii[rune] ?? UNKNOWN) : (state.others.get(rune) ?? UNKNOWN);
    if (known !== UNKNOWN) return this.#stateAt(known);
    const { pending } = this.#follow(state, rune);
    const next = this.#intern(pending, { isStart: false, afterWord: pending.length > 0 && isWord(rune) });
    if (rune < 0x80) state.ascii[rune] = next;
    else state.others.set(rune, next);
    return this.#stateAt(next);
  }

  /**
   * Follows the steps that take no character, knowing the character ahead (assertions look at it), then takes it.
   * What is found before the end stays found.
   */
  #follow(state: State, rune: number): { found: number[]; pending: number[] } {
    const seen = new Set(state.pending);
    const found = new Set<number>();
    const taken = new Set<number>();
    // A set may grow while it is walked: what is added gets its turn.
    for (const at of seen) {
      const step = this.#steps[at];
      if (step?.kind === "match") {
        found.add(step.tag);
        taken.add(at);
      } else if (step?.kind === "split") seen.add(step.next).add(step.other);
      else if (step?.kind === "assert" && holds(step.what, state, rune)) seen.add(step.next);
      else if (step?.kind === "class" && rune !== END && step.includes(rune)) taken.add(step.next);
    }
    return { found: [...found], pending: [...taken].sort(ascending) };
  }

  #intern(pending: readonly number[], flags: { isStart: boolean; afterWord: boolean }): number {
    const key = `${flags.isStart}${flags.afterWord}${pending.join(",")}`;
    const known = this.#byKey.get(key);
    if (known !== undefined) return known;
    const ascii = new Int32Array(0x80).fill(UNKNOWN);
    const index = this.#states.push({ pending, ...flags, ascii, others: new Map(), found: undefined }) - 1;
    this.#byKey.set(key, index);
    return index;
  }
}

function holds(what: string, state: State, rune: number): boolean {
  if (what === "begin") return state.isStart;
  if (what === "end") return rune === END;
  const isBoundary = state.afterWord !== (rune !== END && isWord(rune));
  return (what === "word") === isBoundary;
}

function ascending(a: number, b: number): number {
  return a - b;
}
