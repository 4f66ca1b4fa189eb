import { anySignal } from "@opendepot/base";

/** How {@link eachOf} works. */
export interface EachOptions {
  /** How many at the same time. */
  readonly limit: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Does `work` for each item, a few at a time. The first failure aborts the signal of the others, and is thrown once all
 * have ended.
 */
export async function eachOf<Item>(
  items: Iterable<Item>,
  { limit, signal }: EachOptions,
  work: (item: Item, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const stop = new AbortController();
  const joined = anySignal(signal, stop.signal);
  const queue = items[Symbol.iterator]();
  const worker = async (): Promise<void> => {
    for (let next = queue.next(); !next.done; next = queue.next()) {
      joined.throwIfAborted();
      await work(next.value, joined);
    }
  };
  const workers = Array.from({ length: limit }, async () => {
    try {
      await worker();
    } catch (error) {
      stop.abort(error);
      throw error;
    }
  });
  await Promise.allSettled(workers);
  joined.throwIfAborted();
}
