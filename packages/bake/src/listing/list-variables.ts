import { compareBytes, type OrderedJson } from "@opendepot/buildflags";
import { formatJson } from "../text/json-text.ts";
import { alignTabs } from "../text/tab-table.ts";
import type { ListRequest } from "./list-request.ts";

/** A variable with what it has come to. */
export interface ListedVariable {
  readonly name: string;
  /** Empty when there is none. */
  readonly description: string;
  /** Empty when the file names none. */
  readonly type: string;
  /** As text; undefined for null. */
  readonly value: string | undefined;
}

/**
 * Lists variables by name: buildx v0.36 commands/bake.go `printVars`.
 *
 * @param variables undefined when there are only compose files
 */
export function listVariables(variables: readonly ListedVariable[] | undefined, format: ListRequest["format"]): string {
  const rows = [...(variables ?? [])].sort((a, b) => compareBytes(a.name, b.name));
  if (format === "json") return `${formatJson(variables === undefined ? null : rows.map(rowToJson))}\n`;
  const lines = rows.map(({ name, type, value = "<null>", description }) => {
    return `${name}\t${type}\t${value}\t${description}\n`;
  });
  return alignTabs(`VARIABLE\tTYPE\tVALUE\tDESCRIPTION\n${lines.join("")}`);
}

function rowToJson({ name, description, type, value }: ListedVariable): OrderedJson {
  const members: Array<[string, OrderedJson]> = [["name", name]];
  if (description !== "") members.push(["description", description]);
  if (type !== "") members.push(["type", type]);
  if (value !== undefined) members.push(["value", value]);
  return new Map(members);
}
