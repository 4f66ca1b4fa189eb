import { fallbackContext } from "../model/context-base.ts";
import { emptyTarget, mergeTargets } from "../model/merge-targets.ts";
import { normalizeTarget } from "../model/normalize-target.ts";
import type { Target } from "../model/target.ts";
import { applyOverrides, type OverrideGrants } from "../overrides/apply-overrides.ts";
import type { Overrides } from "../overrides/read-overrides.ts";
import { bakeProblem } from "../problems.ts";

/** What targets are resolved with. */
export interface Resolution {
  /** By name. */
  readonly targets: ReadonlyMap<string, Target>;
  readonly overrides: Overrides;
  /** Is added to. */
  readonly grants: OverrideGrants;
}

/**
 * A target with all it inherits and all that the command line says about it: buildx v0.36 bake `ResolveTarget`.
 *
 * @throws {Problem} `bake_target_missing`, `bake_flag_invalid`, `build_flag_invalid`
 */
export function resolveTarget(name: string, resolution: Resolution): Target {
  // A target always resolves to itself the first time, so there is nothing to fall back to.
  const target = inherit(name, new Map(), resolution) ?? emptyTarget(name);
  return {
    ...target,
    context: target.context ?? fallbackContext(target),
    dockerfile: target.dockerfile || "Dockerfile",
  };
}

/** Parents from left to right, each wholly resolved, then the target itself. One that waits for itself is left out. */
function inherit(name: string, visited: Map<string, Target | undefined>, resolution: Resolution): Target | undefined {
  if (visited.has(name)) return visited.get(name);
  visited.set(name, undefined);
  const own = resolution.targets.get(name);
  if (own === undefined) throw bakeProblem("bake_target_missing", `failed to find target ${name}`);
  let merged = emptyTarget(name);
  for (const parent of own.inherits ?? []) {
    const resolved = inherit(parent, visited, resolution);
    if (resolved !== undefined) merged = mergeTargets(merged, resolved);
  }
  const overrides = resolution.overrides.get(name) ?? new Map();
  const complete = applyOverrides(mergeTargets(merged, own), overrides, resolution.grants);
  const target = { ...normalizeTarget(complete), inherits: undefined };
  visited.set(name, target);
  return target;
}
