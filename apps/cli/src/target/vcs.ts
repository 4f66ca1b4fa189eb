import { dirname, join, relative, resolve } from "node:path";
import { readFileAtOnce as readFile, statAtOnce as stat } from "@opendepot/base";
import { type Environment, variable } from "../cli-context.ts";

/** What is wanted from the repository around the context. */
export interface VcsOptions {
  readonly environment: Environment;
  readonly folder: string;
  /** The folders that the engine reads, by name. */
  readonly folders: Readonly<Record<string, string>>;
}

/**
 * `vcs:revision`, `vcs:source` and `vcs:localdir:…` of the git repository around the context, as buildx sends them
 * unless `BUILDX_GIT_INFO=0`. They go into provenance and change no result. Read from the repository's own files, as
 * starting git several times would cost more than a cached build; what is not found there is left out.
 */
export async function readVcsAttrs({ environment, folder, folders }: VcsOptions): Promise<Record<string, string>> {
  if (["0", "f", "F", "false", "FALSE", "False"].includes(variable(environment, "BUILDX_GIT_INFO") ?? "")) return {};
  const root = await findRoot(folder);
  if (root === undefined) return {};
  try {
    const gitFolder = await resolveGitFolder(root);
    const common = await commonFolder(gitFolder);
    const [revision, source] = await Promise.all([readRevision(gitFolder, common), readSource(common)]);
    return {
      ...(revision && { "vcs:revision": revision }),
      ...(source && { "vcs:source": source }),
      ...localFolders(root, folders),
    };
  } catch {
    return {}; // a repository that we cannot read is no reason to fail a build
  }
}

function localFolders(root: string, folders: Readonly<Record<string, string>>): Record<string, string> {
  const entries = Object.entries(folders).map(([name, path]): [string, string] => [
    `vcs:localdir:${name}`,
    relative(root, path) || ".",
  ]);
  return Object.fromEntries(entries.filter(([, path]) => !path.startsWith("..")));
}

async function findRoot(folder: string): Promise<string | undefined> {
  for (let at = folder; ; at = dirname(at)) {
    if (await stat(join(at, ".git")).catch(() => undefined)) return at;
    if (dirname(at) === at) return undefined;
  }
}

/** In worktrees and submodules `.git` is a file that names the folder. */
async function resolveGitFolder(root: string): Promise<string> {
  const path = join(root, ".git");
  if ((await stat(path)).isDirectory()) return path;
  const named = /^gitdir: (.+)$/m.exec(await readFile(path, "utf8"))?.[1];
  return named === undefined ? path : resolve(root, named.trim());
}

async function commonFolder(gitFolder: string): Promise<string> {
  const named = await readFile(join(gitFolder, "commondir"), "utf8").catch(() => "");
  return named === "" ? gitFolder : resolve(gitFolder, named.trim());
}

const REVISION = /^[0-9a-f]{40}(?:[0-9a-f]{24})?$/;

async function readRevision(gitFolder: string, common: string): Promise<string | undefined> {
  const head = (await readFile(join(gitFolder, "HEAD"), "utf8")).trim();
  const ref = /^ref: (refs\/.+)$/.exec(head)?.[1];
  if (ref === undefined) return REVISION.test(head) ? head : undefined;
  if (ref.includes("..")) return undefined;
  const loose = (await readFile(join(common, ref), "utf8").catch(() => "")).trim();
  if (REVISION.test(loose)) return loose;
  const packed = await readFile(join(common, "packed-refs"), "utf8").catch(() => "");
  return packed
    .split("\n")
    .find((line) => line.endsWith(` ${ref}`))
    ?.slice(0, -ref.length - 1);
}

/** The address of `origin`, never with credentials in it. */
async function readSource(common: string): Promise<string | undefined> {
  const config = await readFile(join(common, "config"), "utf8").catch(() => "");
  const section = /^\[remote "origin"\]\s*$((?:\n(?!\[).*)*)/m.exec(config)?.[1];
  const url = section && /^\s*url\s*=\s*(.+?)\s*$/m.exec(section)?.[1];
  return url && withoutCredentials(url);
}

/** SSH addresses keep their user, which is no secret; a password goes always. */
function withoutCredentials(url: string): string {
  return url.replace(/^([a-z+]+:\/\/)([^@/]+)@/i, (whole, scheme: string, userInfo: string) =>
    scheme.toLowerCase() === "ssh://" && !userInfo.includes(":") ? whole : scheme,
  );
}
