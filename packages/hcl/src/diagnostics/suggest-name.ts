/**
 * The first of some names that differs from the given one by less than three edits: HCL's `nameSuggestion`.
 */
export function suggestName(given: string, names: Iterable<string>): string | undefined {
  for (const name of names) if (isWithin(given, name, 2)) return name;
  return undefined;
}

// Levenshtein distance, no further than needed.
function isWithin(a: string, b: string, limit: number): boolean {
  const left = [...a];
  const right = [...b];
  if (Math.abs(left.length - right.length) > limit) return false;
  let row = right.map((_, at) => at + 1);
  for (const [index, character] of left.entries()) {
    row = nextRow(row, { index, character, right });
    if (Math.min(...row, index + 1) > limit) return false;
  }
  return (row[right.length - 1] ?? left.length) <= limit;
}

function nextRow(
  row: readonly number[],
  { index, character, right }: { index: number; character: string; right: readonly string[] },
): number[] {
  const next: number[] = [];
  let diagonal = index;
  let beside = index + 1;
  for (const [at, other] of right.entries()) {
    const above = row[at] ?? 0;
    beside = Math.min(above + 1, beside + 1, diagonal + (character === other ? 0 : 1));
    next.push(beside);
    diagonal = above;
  }
  return next;
}
