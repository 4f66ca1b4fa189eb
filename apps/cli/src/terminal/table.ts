/** One column of a listing: its title for people, its key for programs, and how a row fills it. */
export interface Column<Row> {
  readonly title: string;
  readonly key: string;
  value(row: Row): string;
  /** What JSON has instead of the text. */
  json?(row: Row): unknown;
}

/** `json` and `csv` for programs, `table` for people. */
export type ListFormat = "table" | "json" | "csv";

/** Renders rows in the format; ends with a line break. */
export function renderList<Row>(rows: readonly Row[], columns: readonly Column<Row>[], format: ListFormat): string {
  switch (format) {
    case "json":
      return `${JSON.stringify(
        rows.map((row) => Object.fromEntries(columns.map((c) => [c.key, c.json?.(row) ?? c.value(row)]))),
        null,
        2,
      )}\n`;
    case "csv":
      return renderCsv(rows, columns);
    case "table":
      return renderTable(rows, columns);
  }
}

/** RFC 4180, with LF as line end as Go's encoding/csv writes it. */
function renderCsv<Row>(rows: readonly Row[], columns: readonly Column<Row>[]): string {
  const lines = [columns.map((column) => column.title), ...rows.map((row) => columns.map((c) => c.value(row)))];
  return lines.map((cells) => `${cells.map(quoteCell).join(",")}\n`).join("");
}

function quoteCell(cell: string): string {
  return /[",\r\n]|^\s/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}

function renderTable<Row>(rows: readonly Row[], columns: readonly Column<Row>[]): string {
  const cells = [columns.map((c) => c.title.toUpperCase()), ...rows.map((row) => columns.map((c) => c.value(row)))];
  const widths = columns.map((_, at) => Math.max(...cells.map((line) => line[at]?.length ?? 0)));
  return cells
    .map(
      (line) =>
        `${line
          .map((cell, at) => cell.padEnd(widths[at] ?? 0))
          .join("   ")
          .trimEnd()}\n`,
    )
    .join("");
}
