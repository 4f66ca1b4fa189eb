import { compareBytes, type OrderedJson } from "@opendepot/buildflags";
import type { Definition } from "../model/target.ts";
import { formatJson } from "../text/json-text.ts";
import { alignTabs } from "../text/tab-table.ts";
import type { ListRequest } from "./list-request.ts";

interface Row {
  readonly name: string;
  readonly description: string;
  readonly isGroup: boolean;
}

/**
 * Lists targets and groups by name, without those whose names start with an underscore: buildx v0.36
 * commands/bake.go `printTargetList`.
 */
export function listTargets({ targets, groups }: Definition, format: ListRequest["format"]): string {
  const rows: Row[] = [
    ...targets.map(({ name, description }) => ({ name, description, isGroup: false })),
    ...groups.map((group) => ({ name: group.name, description: describeGroup(group), isGroup: true })),
  ]
    .filter(({ name }) => !name.startsWith("_"))
    .sort((a, b) => compareBytes(a.name, b.name));
  if (format === "json") return `${formatJson(rows.length === 0 ? null : rows.map(rowToJson))}\n`;
  const lines = rows.map(({ name, description }) => `${name}\t${description}\n`);
  return alignTabs(`TARGET\tDESCRIPTION\n${lines.join("")}`);
}

function describeGroup({ description, targets = [] }: Definition["groups"][number]): string {
  if (targets.length === 0) return description;
  const names = [...targets].sort(compareBytes).join(", ");
  return description === "" ? names : `${description} (${names})`;
}

function rowToJson({ name, description, isGroup }: Row): OrderedJson {
  const members: Array<[string, OrderedJson]> = [["name", name]];
  if (description !== "") members.push(["description", description]);
  if (isGroup) members.push(["group", true]);
  return new Map(members);
}
