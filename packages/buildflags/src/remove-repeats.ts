/**
 * Drops repeated entries the way buildx does (`removeDupes` in util/buildflags): walking backwards, a later entry that
 * equals the current one changes places with the last entry, which is then cut off. Entries can change their order.
 */
export function removeRepeats<Entry>(entries: readonly Entry[], isSame: (a: Entry, b: Entry) => boolean): Entry[] {
  const kept = [...entries];
  for (let at = kept.length - 2; at >= 0; at--) {
    const entry = kept[at] as Entry;
    const repeat = kept.findIndex((other, index) => index > at && isSame(entry, other));
    if (repeat < 0) continue;
    kept[repeat] = kept[kept.length - 1] as Entry;
    kept.pop();
  }
  return kept;
}

/** Drops entries of a key that comes again: the last one wins, at the place of the first. */
export function keepLastOfKey<Entry>(entries: readonly Entry[], keyOf: (entry: Entry) => string): Entry[] {
  return [...new Map(entries.map((entry) => [keyOf(entry), entry])).values()];
}

/** Drops repeated and empty texts; the first one stays (buildx bake `removeDupesStr`). */
export function removeRepeatedTexts(texts: readonly string[]): string[] {
  return [...new Set(texts)].filter((text) => text !== "");
}
