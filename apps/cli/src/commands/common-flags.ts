import type { Flag, Invocation } from "@opendepot/command";
import type { CliContext } from "../cli-context.ts";
import { flagValueInvalid } from "../problems.ts";
import type { Column } from "../terminal/table.ts";
import { type ListFormat, renderList } from "../terminal/table.ts";

/** `--token` */
export const tokenFlag: Flag = { name: "token", kind: "text", summary: "Depot token" };

/** `--project` */
export const projectFlag: Flag = { name: "project", kind: "text", summary: "Depot project ID" };

/** `--output json|csv|table` of listings. */
export const listOutputFlag: Flag = {
  name: "output",
  kind: "text",
  summary: "Output format (json, csv, table)",
};

/** What {@link printList} prints. */
export interface Listing<Row> {
  readonly rows: readonly Row[];
  readonly columns: readonly Column<Row>[];
  /** Said on stderr instead of an empty table. */
  readonly none: string;
}

/** Prints a listing in the format that `--output` names: a table on a terminal and CSV elsewhere unless it does. */
export function printList<Row>(context: CliContext, format: ListFormat, { rows, columns, none }: Listing<Row>): void {
  if (rows.length === 0 && format === "table") context.terminal.note(none);
  else context.terminal.print(renderList(rows, columns, format));
}

/**
 * Reads `--output`.
 *
 * @throws {Problem} `flag_value_invalid`
 */
export function resolveListFormat(invocation: Invocation, { terminal }: CliContext): ListFormat {
  const given = invocation.text("output") || undefined;
  if (given === undefined) return terminal.stdout.isTTY ? "table" : "csv";
  if (given === "json" || given === "csv" || given === "table") return given;
  throw flagValueInvalid("--output", given, "there is no such format", "use json, csv or table");
}
