/** Random values that a seed brings back, so that a failing test can be run again. */
export interface Random {
  /** A whole number from 0 to `limit` - 1. */
  below(limit: number): number;
  pick<T>(items: readonly T[]): T;
  /** Any 64-bit signed value, small and extreme ones often. */
  int64(): bigint;
  /** Well-formed text of any script, up to some 40 characters. */
  text(): string;
  bytes(length: number): Uint8Array<ArrayBuffer>;
}

const CHARACTERS = ["a", "Z", "0", " ", "%", "\n", "\0", "\u{feff}", "é", "文", "🐳"];
const INTEGERS = [
  0n,
  1n,
  -1n,
  127n,
  128n,
  2n ** 31n,
  -(2n ** 31n),
  2n ** 32n,
  2n ** 53n + 1n,
  2n ** 63n - 1n,
  -(2n ** 63n),
];

/** Makes a generator of random values. Not for secrets. */
export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    // mulberry32
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
  const below = (limit: number): number => (limit <= 0 ? 0 : next() % limit);
  const pick = <T>(items: readonly T[]): T => items[below(items.length)] as T;
  return {
    below,
    pick,
    int64: () => (below(2) ? pick(INTEGERS) : BigInt.asIntN(64, (BigInt(next()) << 32n) | BigInt(next()))),
    text: () => Array.from({ length: below(40) }, () => pick(CHARACTERS)).join(""),
    bytes: (length) => Uint8Array.from({ length }, () => below(256)),
  };
}
