import type { SecretSource } from "@opendepot/buildflags";
import type { Target } from "../model/target.ts";
import { bakeProblem } from "../problems.ts";
import { cleanPath, joinPaths } from "../text/paths.ts";
import { isRemoteUrl } from "../text/remote-urls.ts";
import { type HostChecks, isFault } from "./host-checks.ts";

const LOCAL = "cwd://";

/** Where a definition came from when it was not a local one. Reading it is the caller's. */
export interface RemoteInput {
  /** Of the repository or archive; empty when a file inside it was read. */
  readonly url: string;
  /** Whether contexts are folders of what was read. */
  readonly hasState: boolean;
  /** How git is told who asks, for contexts on the same host. */
  readonly secrets?: readonly SecretSource[] | undefined;
}

/**
 * The path or address that a target's context stands for.
 *
 * @throws {Problem} `bake_target_invalid`: context or Dockerfile would come from stdin, or the Dockerfile of a remote
 * definition lies here
 */
export async function resolveContext(
  target: Target,
  checks: HostChecks,
  remote: RemoteInput | undefined,
): Promise<string> {
  if (target.context === "-") throw bakeProblem("bake_target_invalid", "context from stdin not allowed in bake");
  if (target.dockerfile === "-") throw bakeProblem("bake_target_invalid", "dockerfile from stdin not allowed in bake");
  const written = target.context ?? ".";
  const cleaned = written.startsWith(LOCAL) || isRemoteUrl(written) ? written : cleanPath(written);
  const context = remote?.hasState ? withinRemote(cleaned, remote.url) : cleaned;
  if (remote !== undefined) await refuseLocalDockerfile(target, context, { checks, remote });
  return context.startsWith(LOCAL) ? cleanPath(context.slice(LOCAL.length)) : context;
}

function withinRemote(context: string, url: string): string {
  if (context === ".") return url;
  return context.startsWith(LOCAL) || isRemoteUrl(context) ? context : withSubfolder(url, context);
}

/**
 * A git address with a folder in it: buildx v0.36 bake `remoteURLWithSubdir`. Addresses that are no repositories stay
 * as they are.
 */
export function withSubfolder(url: string, folder: string): string {
  const inner = cleanPath(folder);
  if (inner === "." || url === "" || !isRepository(url)) return url;
  const [base = "", fragment = ""] = url.split(/#(.*)/s);
  const [reference = "", outer = ""] = fragment.split(/:(.*)/s);
  const query = /[?&]subdir=([^&]*)/.exec(base)?.[1];
  const subfolder = cleanPath(joinPaths(decodeURIComponent(query ?? outer), inner));
  if (query === undefined) return `${base}#${reference}:${subfolder}`;
  return base.replace(/([?&]subdir=)[^&]*/, (_, key: string) => key + encodeURIComponent(subfolder));
}

function isRepository(url: string): boolean {
  if (!/^https?:\/\//.test(url)) return isRemoteUrl(url);
  return /^[^?#]*\.git(?:[?#]|$)/.test(url);
}

async function refuseLocalDockerfile(
  { dockerfile = "Dockerfile" }: Target,
  context: string,
  { checks, remote }: { readonly checks: HostChecks; readonly remote: RemoteInput },
): Promise<void> {
  if (dockerfile.startsWith(LOCAL) || isRemoteUrl(dockerfile)) return;
  if (!context.startsWith(LOCAL) || !isRemoteUrl(remote.url)) return;
  const path = joinPaths(cleanPath(context.slice(LOCAL.length)), cleanPath(dockerfile));
  if (isFault(await checks.stat(path))) return;
  throw bakeProblem(
    "bake_target_invalid",
    "reading a dockerfile for a remote build invocation is currently not supported",
  );
}
