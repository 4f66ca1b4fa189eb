import type { Target } from "../model/target.ts";
import { bakeProblem } from "../problems.ts";
import { type Resolution, resolveTarget } from "./resolve-target.ts";

const PREFIX = "target:";

/**
 * Adds the targets that contexts of others name with `target:`, and whatever those name: buildx v0.36 bake
 * `loadLinks`. One that nobody asked for is only built, and what it is entitled to is asked for by its users, too.
 *
 * @param targets is added to, and its targets are replaced
 * @throws {Problem} `bake_target_invalid`: a loop, or platforms that do not fit; `bake_target_missing`
 */
export function linkTargets(targets: Map<string, Target>, resolution: Resolution): void {
  for (const name of targets.keys()) linkTarget(name, targets, { resolution, path: [] });
}

interface Walk {
  readonly resolution: Resolution;
  /** The targets on the way here. */
  readonly path: readonly string[];
}

function linkTarget(name: string, targets: Map<string, Target>, { resolution, path }: Walk): void {
  const walked = [...path, name];
  for (const link of linksOf(targets.get(name))) {
    if (link === name) throw bakeProblem("bake_target_invalid", `target ${link} cannot link to itself`);
    if (walked.includes(link)) throw bakeProblem("bake_target_invalid", `infinite loop from ${name} to ${link}`);
    if (!targets.has(link)) targets.set(link, linkedTarget(link, resolution));
    linkTarget(link, targets, { resolution, path: walked });
    const [user, used] = [targets.get(name), targets.get(link)];
    if (user === undefined || used === undefined) continue;
    targets.set(name, withEntitlements(user, used));
    checkPlatforms(user, used);
  }
}

function linksOf(target: Target | undefined): string[] {
  const paths = [...(target?.contexts?.values() ?? [])];
  return paths.filter((path) => path.startsWith(PREFIX)).map((path) => path.slice(PREFIX.length));
}

function linkedTarget(name: string, resolution: Resolution): Target {
  const output = [{ type: "cacheonly", dest: "", attributes: new Map<string, string>() }];
  return { ...resolveTarget(name, resolution), output, isLinked: true };
}

function withEntitlements(user: Target, used: Target): Target {
  const missing = (used.entitlements ?? []).filter((one) => !user.entitlements?.includes(one));
  return missing.length === 0 ? user : { ...user, entitlements: [...(user.entitlements ?? []), ...missing] };
}

function checkPlatforms(user: Target, used: Target): void {
  const [wanted, built] = [user.platforms ?? [], used.platforms ?? []];
  if (wanted.length < 2 || built.length < 2 || wanted.every((platform) => built.includes(platform))) return;
  const platforms = `[${wanted.join(" ")}] are not a subset of [${built.join(" ")}]`;
  const message = `target ${used.name} can't be used by ${user.name} because its platforms ${platforms}`;
  throw bakeProblem("bake_target_invalid", message);
}
