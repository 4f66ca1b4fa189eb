import type { ResolvedDefinition } from "./definition/resolve-definition.ts";
import { mergeTargets } from "./model/merge-targets.ts";
import type { Definition, Group, Target } from "./model/target.ts";

/**
 * Lays the blocks of bake files over what compose files define: targets of the same name are merged, groups replaced;
 * a block with a matrix leaves a group of what came of it.
 */
export function mergeBlocks(below: Definition, { blocks, renamed }: ResolvedDefinition): Definition {
  const targets = byName(below.targets, mergeTargets);
  const groups = byName(below.groups, (_, above) => above);
  for (const { type, value } of blocks) {
    if (type === "group") groups.set(value.name, value);
    else targets.set(value.name, mergeOver(targets.get(value.name), value));
  }
  const matrices = [...renamed].flatMap(([key, names]) => matrixGroup(key.slice(key.indexOf(".") + 1), names));
  // A group that was written down comes first: it is the one that is found.
  const all = [...groups.values(), ...matrices].map(withoutRepeats);
  return { targets: [...targets.values()], groups: all };
}

function byName<Named extends { readonly name: string }>(
  items: readonly Named[],
  merge: (below: Named, above: Named) => Named,
): Map<string, Named> {
  const map = new Map<string, Named>();
  for (const item of items) {
    const before = map.get(item.name);
    map.set(item.name, before === undefined ? item : merge(before, item));
  }
  return map;
}

function mergeOver(below: Target | undefined, above: Target): Target {
  return below === undefined ? above : mergeTargets(below, above);
}

function matrixGroup(name: string, names: readonly string[]): Group[] {
  const targets = [...new Set(names)];
  return targets.length === 1 && targets[0] === name ? [] : [{ name, description: "", targets }];
}

function withoutRepeats(group: Group): Group {
  return group.targets === undefined ? group : { ...group, targets: [...new Set(group.targets)] };
}

/** One definition where targets of the same name are merged and no group names a target twice. */
export function mergeRepeats({ targets, groups }: Definition): Definition {
  return { targets: [...byName(targets, mergeTargets).values()], groups: groups.map(withoutRepeats) };
}
