import { cleanPath, folderOf, isRooted, joinPaths } from "../text/paths.ts";
import { isRemoteUrl } from "../text/remote-urls.ts";
import type { ContextBase, Target } from "./target.ts";

/** The folder of a local bake file; undefined for stdin and addresses. */
export function folderOfFile(name: string): string | undefined {
  return name === "" || name === "-" || isRemoteUrl(name) ? undefined : folderOf(name);
}

/** Notes that a file in `folder` set whatever contexts the target has. */
export function withBase(target: Target, folder: string, reference?: string): Target {
  const contexts = new Map([...(target.contexts ?? [])].map(([name]) => [name, folder]));
  const context = target.context === undefined ? {} : { context: folder, reference };
  return { ...target, base: { fallback: folder, ...context, contexts } };
}

const NOWHERE: ContextBase = { contexts: new Map() };

/** What is known of where contexts start after `above` was laid over `below`. */
export function mergeBases(below: Target, above: Target): ContextBase | undefined {
  if (below.base === undefined && above.base === undefined) return undefined;
  const [a, b]: readonly [ContextBase, ContextBase] = [below.base ?? NOWHERE, above.base ?? NOWHERE];
  const fallback = b.fallback === undefined ? a : b;
  const owner = above.context === undefined ? a : b;
  const contexts = new Map(a.contexts);
  for (const name of above.contexts?.keys() ?? []) {
    const folder = b.contexts.get(name);
    if (folder === undefined) contexts.delete(name);
    else contexts.set(name, folder);
  }
  return {
    fallback: fallback.fallback,
    isFallbackUsed: fallback.isFallbackUsed,
    context: owner.context,
    reference: owner.reference,
    contexts,
  };
}

/** Makes contexts relative to the files that name them: buildx v0.36 bake `rebaseContextPaths`. */
export function rebaseContexts(targets: readonly Target[]): Target[] {
  const byName = new Map(targets.map((target) => [target.name, target]));
  return targets.map((target) => rebaseTarget(target, byName.get(target.base?.reference ?? "")));
}

function rebaseTarget(target: Target, referred: Target | undefined): Target {
  const { base } = target;
  if (base === undefined) return target;
  const start = referred?.base?.context ?? referred?.base?.fallback ?? base.context;
  const contexts = new Map(
    [...(target.contexts ?? [])].map(([name, path]) => [name, rebasePath(base.contexts.get(name), path)]),
  );
  return {
    ...target,
    ...(target.contexts && { contexts }),
    ...(target.context === undefined
      ? { base: { ...base, isFallbackUsed: base.fallback !== undefined } }
      : { context: rebasePath(start, target.context) }),
  };
}

/** The context of a target that nobody gave one. */
export function fallbackContext({ base }: Target): string {
  return base?.isFallbackUsed ? rebasePath(base.fallback, ".") : ".";
}

function rebasePath(folder: string | undefined, path: string): string {
  if (folder === undefined || folder === "" || path === "" || isSpecial(path) || isRooted(path)) return path;
  return cleanPath(joinPaths(folder, path));
}

function isSpecial(path: string): boolean {
  return ["cwd://", "target:", "docker-image:", "oci-layout://"].some((p) => path.startsWith(p)) || isRemoteUrl(path);
}
