import type { Target } from "../model/target.ts";
import { cleanPath, isRooted, joinPaths } from "../text/paths.ts";
import { isRemoteUrl } from "../text/remote-urls.ts";
import { type RemoteInput, withSubfolder } from "./resolve-context.ts";

const LOCAL = "cwd://";

/** Where a build finds its files. Local paths are relative to the working folder, or absolute. */
export interface BuildInputs {
  /** A path or an address. */
  readonly context: string;
  /** A local path where the context is local or the file is named with `cwd://`; else within the context. */
  readonly dockerfile: string;
  /** The Dockerfile itself, which then stands for the file. */
  readonly dockerfileInline: string | undefined;
  /** By name: paths, addresses, `target:…`, `docker-image://…`, `oci-layout://…`. */
  readonly contexts: ReadonlyMap<string, string>;
}

/** What a prepared target is built from: buildx v0.36 bake `toBuildOpt`. See `prepareTargets`. */
export function buildInputsOf(target: Target, workingFolder: string, remote?: RemoteInput): BuildInputs {
  const { context = ".", dockerfile = "Dockerfile", contexts } = target;
  return {
    context,
    dockerfile: dockerfilePath(dockerfile, context, workingFolder),
    dockerfileInline: target["dockerfile-inline"],
    contexts: new Map([...(contexts ?? [])].map(([name, path]) => [name, namedContext(path, remote)])),
  };
}

function dockerfilePath(dockerfile: string, context: string, workingFolder: string): string {
  if (dockerfile.startsWith(LOCAL)) {
    const path = cleanPath(dockerfile.slice(LOCAL.length));
    return isRooted(path) ? path : joinPaths(workingFolder, path);
  }
  const path = cleanPath(dockerfile);
  return isRemoteUrl(context) || isRooted(path) ? path : joinPaths(context, path);
}

function namedContext(path: string, remote: RemoteInput | undefined): string {
  if (path.startsWith(LOCAL)) return cleanPath(path.slice(LOCAL.length));
  if (!remote?.hasState || path.startsWith("target:") || path.startsWith("docker-image:") || isRemoteUrl(path))
    return path;
  return path === "." ? remote.url : withSubfolder(remote.url, path);
}
