/** A stretch of time in which a vertex was at work. Times are milliseconds of the engine's clock. */
export interface Interval {
  readonly startMs: number;
  /** Undefined while it lasts. */
  readonly endMs: number | undefined;
}

/** The same time as intervals that do not overlap, in order. One that still lasts takes in all that start after it. */
export function mergeIntervals(intervals: Iterable<Interval>): Interval[] {
  const merged: Interval[] = [];
  for (const next of [...intervals].sort((a, b) => a.startMs - b.startMs)) {
    const last = merged.at(-1);
    if (!last || (last.endMs !== undefined && last.endMs < next.startMs)) merged.push(next);
    else merged[merged.length - 1] = { startMs: last.startMs, endMs: laterEnd(last.endMs, next.endMs) };
  }
  return merged;
}

function laterEnd(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? undefined : Math.max(a, b);
}

/** The sum of merged intervals; one that lasts is counted up to `nowMs`. Never negative. */
export function totalMs(intervals: readonly Interval[], nowMs: number): number {
  return intervals.reduce((sum, { startMs, endMs }) => sum + Math.max(0, (endMs ?? nowMs) - startMs), 0);
}
