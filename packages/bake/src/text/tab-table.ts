const TAB_WIDTH = 8;

/**
 * Lines up cells that end in tabs with further tabs: Go's text/tabwriter with a minimal width of 1, tabs of 8 and a
 * padding of 1. A cell is aligned with those right above and below it.
 */
export function alignTabs(text: string): string {
  const lines = text.split("\n").map((line) => line.split("\t"));
  const out = lines.map(() => [] as string[]);
  alignColumn(lines, out, { from: 0, to: lines.length, column: 0 });
  return lines.map((cells, at) => [...(out[at] ?? []), cells.at(-1) ?? ""].join("")).join("\n");
}

interface Block {
  readonly from: number;
  readonly to: number;
  readonly column: number;
}

function alignColumn(lines: ReadonlyArray<readonly string[]>, out: string[][], block: Block): void {
  const has = (at: number) => block.column < (lines[at]?.length ?? 0) - 1;
  for (let from = block.from; from < block.to; from++) {
    if (!has(from)) continue;
    let to = from;
    while (to < block.to && has(to)) to++;
    const cells = lines.slice(from, to).map((line) => line[block.column] ?? "");
    const width = Math.max(1, ...cells.map((cell) => [...cell].length + 1));
    const padded = Math.ceil(width / TAB_WIDTH) * TAB_WIDTH;
    cells.forEach((cell, index) => {
      out[from + index]?.push(cell + "\t".repeat(Math.ceil((padded - [...cell].length) / TAB_WIDTH)));
    });
    alignColumn(lines, out, { from, to, column: block.column + 1 });
    from = to;
  }
}
