/** Random choices that are the same for the same seed. */
export interface Choices {
  /** An integer from 0 up to, not including, `limit`. */
  below(limit: number): number;
  of<T>(items: readonly T[]): T | undefined;
}

/** A small generator (xorshift32), enough for choosing test cases. */
export function choicesOf(seed: number): Choices {
  let state = (seed * 2_654_435_761) >>> 0 || 1;
  const below = (limit: number): number => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % limit;
  };
  return { below, of: (items) => items[below(items.length)] };
}
