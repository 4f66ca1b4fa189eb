import { piWords } from "./pi-words.ts";

const subkeys = 18;
const boxes = 4 * 256;

/** Blowfish with the expensive key schedule of bcrypt. */
export class Blowfish {
  /** The 18 subkeys, and behind them the four S-boxes. */
  readonly #state: Int32Array = new Int32Array(piWords(subkeys + boxes));

  /** Mixes a key into the state, and a salt into what the state is replaced with. */
  expandKey(key: Uint8Array, salt?: Uint8Array): void {
    const state = this.#state;
    const keyWords = wordsOf(key, subkeys);
    for (let at = 0; at < subkeys; at++) state[at] = (state[at] ?? 0) ^ (keyWords[at] ?? 0);
    const saltWords = wordsOf(salt ?? new Uint8Array(16), 4);
    const block = new Uint32Array(2);
    for (let at = 0; at < state.length; at += 2) {
      block[0] = (block[0] ?? 0) ^ (saltWords[at & 2] ?? 0);
      block[1] = (block[1] ?? 0) ^ (saltWords[(at & 2) + 1] ?? 0);
      this.encrypt(block, 0);
      state[at] = block[0];
      state[at + 1] = block[1];
    }
  }

  /** Encrypts the two words at a position in place. */
  encrypt(words: Uint32Array, at: number): void {
    const state = this.#state;
    let left = (words[at] ?? 0) ^ (state[0] ?? 0);
    let right = words[at + 1] ?? 0;
    for (let round = 1; round <= 16; round += 2) {
      right ^= mix(state, left) ^ (state[round] ?? 0);
      left ^= mix(state, right) ^ (state[round + 1] ?? 0);
    }
    words[at] = right ^ (state[17] ?? 0);
    words[at + 1] = left;
  }
}

function mix(state: Int32Array, word: number): number {
  const first = (state[subkeys + (word >>> 24)] ?? 0) + (state[subkeys + 256 + ((word >>> 16) & 0xff)] ?? 0);
  const third = state[subkeys + 512 + ((word >>> 8) & 0xff)] ?? 0;
  return ((first ^ third) + (state[subkeys + 768 + (word & 0xff)] ?? 0)) | 0;
}

/** Big-endian words of a text that repeats itself. */
function wordsOf(bytes: Uint8Array, count: number): Uint32Array {
  let at = 0;
  return Uint32Array.from({ length: count }, () => {
    let word = 0;
    for (let byte = 0; byte < 4; byte++) word = (word << 8) | (bytes[at++ % bytes.length] ?? 0);
    return word;
  });
}
