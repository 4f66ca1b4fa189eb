/** How {@link alignColumns} pads. */
export interface ColumnOptions {
  /** Blanks behind the widest cell of a column. */
  readonly padding: number;
}

/**
 * Aligns cells that end with a tab, as Go's text/tabwriter does with blanks: a column is a run of neighbouring lines
 * that have a cell there, and what follows the last tab of a line is in no column. Widths count characters.
 */
export function alignColumns(lines: readonly string[], { padding }: ColumnOptions): string {
  const rows = lines.map((line) => line.split("\t"));
  const widths = rows.map((): number[] => []);
  const depth = Math.max(0, ...rows.map((cells) => cells.length - 1));
  for (let column = 0; column < depth; column++) setWidths(rows, widths, { column, padding });
  return rows.map((cells, row) => `${joinCells(cells, widths[row] ?? [])}\n`).join("");
}

function setWidths(
  rows: readonly string[][],
  widths: readonly number[][],
  { column, padding }: { readonly column: number; readonly padding: number },
): void {
  for (let from = 0; from < rows.length; ) {
    let to = from;
    while (to < rows.length && (rows[to]?.length ?? 0) - 1 > column) to++;
    const cells = rows.slice(from, to).map((row) => lengthOf(row[column] ?? ""));
    const width = Math.max(0, ...cells) + padding;
    for (let row = from; row < to; row++) widths[row]?.push(width);
    from = Math.max(to, from + 1);
  }
}

function joinCells(cells: readonly string[], widths: readonly number[]): string {
  return cells.map((cell, column) => cell + " ".repeat(Math.max(0, (widths[column] ?? 0) - lengthOf(cell)))).join("");
}

function lengthOf(text: string): number {
  return [...text].length;
}
