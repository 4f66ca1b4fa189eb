import type { Target } from "../model/target.ts";
import { cleanPath, isRooted, joinPaths } from "../text/paths.ts";
import { isRemoteUrl } from "../text/remote-urls.ts";

const LOCAL = "cwd://";

/** Paths on this machine that a target uses. */
export interface LocalPaths {
  readonly reads: readonly string[];
  readonly writes: readonly string[];
}

/**
 * The paths on this machine that a target reads and writes: buildx v0.36 bake `collectLocalPaths` and `check`.
 *
 * @param isRemote relative contexts are folders of a remote definition
 */
export function localPathsOf(target: Target, isRemote: boolean): LocalPaths {
  const caches = (entries: Target["cache-from"], key: string) =>
    (entries ?? []).flatMap(({ type, attributes }) => (type === "local" ? (attributes.get(key) ?? []) : []));
  return {
    reads: [
      ...contextPaths(target, isRemote),
      ...caches(target["cache-from"], "src"),
      ...(target.secret ?? []).flatMap(({ src }) => (src === "" ? [] : [src])),
      ...(target.ssh ?? []).flatMap(({ paths }) => paths),
    ],
    writes: [...outputPaths(target), ...caches(target["cache-to"], "dest")],
  };
}

function contextPaths({ context = ".", dockerfile = "Dockerfile", contexts }: Target, isRemote: boolean): string[] {
  const isHere = (path: string) => isLocal(path) && (!isRemote || path.startsWith(LOCAL));
  const named = [...(contexts?.values() ?? [])].filter(isHere).map(withoutPrefix);
  if (!isHere(context)) return named;
  const folder = cleanPath(withoutPrefix(context));
  if (isRemote) return [folder, ...named];
  const file = cleanPath(withoutPrefix(dockerfile));
  const isElsewhere = isRooted(file) || dockerfile.startsWith(LOCAL) || isRemoteUrl(dockerfile);
  return [folder, isElsewhere ? file : joinPaths(folder, file), ...named];
}

function isLocal(path: string): boolean {
  return !isRemoteUrl(path) && !path.startsWith("target:") && !path.startsWith("docker-image:");
}

function withoutPrefix(path: string): string {
  return path.startsWith(LOCAL) ? path.slice(LOCAL.length) : path;
}

function outputPaths({ output }: Target): string[] {
  const writing = ["local", "tar", "oci", "docker"];
  return (output ?? []).flatMap(({ type, dest }) =>
    writing.includes(type) && dest !== "" && dest !== "-" ? [dest] : [],
  );
}
