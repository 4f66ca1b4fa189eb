import type { HostNames } from "@opendepot/oci";
import { type BuilderArchitecture, type BuilderPart, planParts } from "../run/parts.ts";
import type { BakedTarget } from "./to-target.ts";

/** How parts are planned. */
export interface PartPlanning {
  readonly host: HostNames;
  /** The builder that does it all, when one was chosen. */
  readonly only: BuilderArchitecture | undefined;
}

/**
 * The parts of all targets, by name. A target that is a context of others is built on each builder that builds one of
 * those, as results do not leave their builders.
 */
export function planTargetParts(
  targets: readonly BakedTarget[],
  planning: PartPlanning,
): ReadonlyMap<string, readonly BuilderPart[]> {
  const parts = new Map(targets.map(({ target }) => [target.name, planParts(target.platforms, planning)]));
  // Whoever is used by a target that is itself used: as often as there are targets, it has been said to all.
  for (let round = 0; round < targets.length; round++) {
    for (const { target, links } of targets) {
      for (const used of links.values()) addArchitectures(parts, used, parts.get(target.name) ?? []);
    }
  }
  return new Map(targets.map((baked) => [baked.target.name, withoutUnneeded(baked, parts, targets)]));
}

function addArchitectures(parts: Map<string, BuilderPart[]>, used: string, of: readonly BuilderPart[]): void {
  const own = parts.get(used);
  if (own === undefined) return;
  for (const { architecture } of of) {
    if (own.some((part) => part.architecture === architecture)) continue;
    own.push({ architecture, platforms: own[0]?.platforms ?? [], isForLinks: true });
  }
}

/** A target that is only a context need not be built where nobody needs it. */
function withoutUnneeded(
  { target, isLinked }: BakedTarget,
  parts: ReadonlyMap<string, readonly BuilderPart[]>,
  targets: readonly BakedTarget[],
): BuilderPart[] {
  const own = [...(parts.get(target.name) ?? [])];
  if (!isLinked) return own;
  const users = targets.filter(({ links }) => [...links.values()].includes(target.name));
  const needed = users.flatMap((user) => parts.get(user.target.name) ?? []).map(({ architecture }) => architecture);
  const kept = own.filter(({ architecture }) => needed.includes(architecture));
  return kept.length > 0 ? kept : own;
}
