import { compareBytes } from "@opendepot/buildflags";
import type { Definition, Group, Target } from "../model/target.ts";
import type { OverrideGrants } from "../overrides/apply-overrides.ts";
import { expandNames, readOverrides, type VariableLookup } from "../overrides/read-overrides.ts";
import { isStackExhausted, tooDeep } from "../too-deep.ts";
import { linkTargets } from "./link-targets.ts";
import { resolveGroup } from "./resolve-group.ts";
import { type Resolution, resolveTarget } from "./resolve-target.ts";

/** How targets are resolved. */
export interface ResolveOptions {
  /** `--set` texts, in their order, followed by those of `expandShorthands`. */
  readonly overrides?: readonly string[] | undefined;
  /**
   * The environment, for `--set *.args.NAME` and `SOURCE_DATE_EPOCH`.
   */
  readonly variable: VariableLookup;
  /** False when `BUILDX_BAKE_DISABLE_VARS_ENV_LOOKUP` says so; default: true. */
  readonly isEnvironmentUsed?: boolean | undefined;
  /** `--policy disabled=true`; default: false. */
  readonly isPolicyDisabled?: boolean | undefined;
}

/** What is to be built. */
export interface ResolvedTargets {
  readonly targets: ReadonlyMap<string, Target>;
  readonly groups: ReadonlyMap<string, Group>;
  /** What the command line allows by naming it. */
  readonly grants: OverrideGrants;
}

/**
 * Finds what was asked for and everything that it needs: buildx v0.36 bake `ReadTargets`.
 *
 * @param words targets, groups and patterns; none for `default`
 * @throws {Problem} `bake_target_missing`, `bake_target_invalid`, `bake_flag_invalid`, `build_flag_invalid`
 */
export function resolveTargets(
  definition: Definition,
  words: readonly string[],
  options: ResolveOptions,
): ResolvedTargets {
  try {
    return resolveWords(definition, words, options);
  } catch (thrown) {
    throw isStackExhausted(thrown) ? tooDeep(thrown) : thrown;
  }
}

function resolveWords(definition: Definition, words: readonly string[], options: ResolveOptions): ResolvedTargets {
  const asked = words.length === 0 ? ["default"] : words.map(toTargetName);
  const names = [...new Set(asked.flatMap((word) => expandNames(definition, word)))];
  const lookup = options.isEnvironmentUsed === false ? undefined : options.variable;
  const overrides = readOverrides(options.overrides ?? [], definition, lookup);
  const grants: OverrideGrants = { reads: [], writes: [], entitlements: [] };
  const resolution: Resolution = { targets: byName(definition.targets), overrides, grants };

  const targets = new Map<string, Target>();
  const groups = new Map<string, Group>();
  for (const name of names) {
    const members = resolveGroup(name, definition);
    for (const target of members.targets) targets.set(target, resolveTarget(target, resolution));
    for (const group of members.groups) addGroup(groups, group, definition);
  }
  addDefaultGroup(groups, names);
  linkTargets(targets, resolution);
  finishTargets(targets, options);
  return { targets, groups, grants };
}

/** Of the same name the first one. */
function byName(targets: readonly Target[]): Map<string, Target> {
  return new Map(targets.toReversed().map((target) => [target.name, target]));
}

/** Services may have dots in their names, targets may not. */
export function toTargetName(name: string): string {
  return name.replaceAll(".", "_");
}

function addGroup(groups: Map<string, Group>, name: string, definition: Definition): void {
  const group = definition.groups.find((other) => other.name === name);
  if (group !== undefined) groups.set(name, group);
}

/** The group `default` always tells what was asked for, sorted. */
function addDefaultGroup(groups: Map<string, Group>, names: readonly string[]): void {
  for (const name of names) {
    const group = groups.get("default") ?? { name: "default", description: "", targets: [] };
    if (name === "default" && groups.has("default")) continue;
    groups.set("default", { ...group, targets: [...(group.targets ?? []), name] });
  }
  const group = groups.get("default");
  if (group?.targets === undefined) return;
  groups.set("default", { ...group, targets: [...new Set(group.targets)].sort(compareBytes) });
}

function finishTargets(targets: Map<string, Target>, { variable, isPolicyDisabled }: ResolveOptions): void {
  const epoch = variable("SOURCE_DATE_EPOCH");
  for (const [name, target] of targets) {
    const args = new Map(target.args);
    if (epoch && !args.has("SOURCE_DATE_EPOCH")) args.set("SOURCE_DATE_EPOCH", epoch);
    const policy = isPolicyDisabled ? [{ files: [], isReset: false, isDisabled: true }] : target.policy;
    targets.set(name, { ...target, ...(args.size > 0 && { args }), policy });
  }
}
