/** What a mirror has done since it was opened. */
export interface Counters {
  /** Requests that were answered without the upstream, or after it said that nothing has changed. */
  hits: number;
  /** Requests whose content came from the upstream. */
  misses: number;
  /** Requests that were answered from the cache because the upstream did not answer. */
  stale: number;
  /** Requests that were left to the upstream itself. */
  refused: number;
  /** Bytes that came from upstreams as blobs. */
  fetchedBytes: number;
  /** Bytes that went to clients as blobs. */
  servedBytes: number;
}

/** A mirror as it is now. */
export interface MirrorStats extends Readonly<Counters> {
  readonly bytes: number;
  readonly maxBytes: number;
  /** Pieces of content. */
  readonly count: number;
  /** Pieces of content that had to make room. */
  readonly evicted: number;
}

/** Counters that start at nothing. */
export function newCounters(): Counters {
  return { hits: 0, misses: 0, stale: 0, refused: 0, fetchedBytes: 0, servedBytes: 0 };
}
