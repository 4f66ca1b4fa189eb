import type { Definition, Group } from "../model/target.ts";

/** What a name stands for. */
export interface Members {
  readonly targets: readonly string[];
  /** All groups on the way, the outermost first. */
  readonly groups: readonly string[];
}

/**
 * All targets of a group and of the groups in it; of a target, itself: buildx v0.36 bake `ResolveGroup`. A group
 * within itself is cut off.
 */
export function resolveGroup(name: string, definition: Definition): Members {
  const groups = new Map<string, Group>();
  for (const group of definition.groups) if (!groups.has(group.name)) groups.set(group.name, group);
  const { targets, groups: names } = collect(name, groups, new Map());
  return { targets: [...new Set(targets)], groups: [...new Set(names)] };
}

function collect(name: string, groups: ReadonlyMap<string, Group>, visited: Map<string, Members>): Members {
  const seen = visited.get(name);
  if (seen !== undefined) return seen;
  const group = groups.get(name);
  if (group === undefined) return { targets: [name], groups: [] };
  visited.set(name, { targets: [], groups: [] });
  const found = { targets: [] as string[], groups: [name] };
  for (const member of group.targets ?? []) {
    const inner = collect(member, groups, visited);
    found.targets.push(...(inner.targets.length > 0 ? inner.targets : [member]));
    found.groups.push(...inner.groups);
  }
  visited.set(name, found);
  return found;
}
