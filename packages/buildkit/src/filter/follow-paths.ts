import { posix } from "node:path";
import { type ByteString, cleanPath } from "./byte-string.ts";
import { compileGlob } from "./glob.ts";

/** The reads that {@link followPaths} makes below a root; paths are clean, relative and never begin with `..`. */
export interface LinkReader {
  /** The target of a symlink; undefined for anything else and for what does not exist. */
  readLink(path: ByteString): ByteString | undefined;
  /** Names in a directory, `.` being the root; empty when there is none. */
  list(path: ByteString): readonly ByteString[];
}

/** A request may lead to this many paths at most, each through so many symlinks: they may point into themselves. */
const MAX_PATHS = 10_000;
const MAX_LINKS = 255;

/**
 * Resolves paths that the engine wants, wildcards allowed, to the paths needed to reach them: each symlink on the
 * way and what it points to, links leaving the root being taken as starting at it. fsutil `FollowLinks`; unlike
 * there, two paths through the same symlink are both followed.
 *
 * Undefined when the root itself is wanted: then there is no filter.
 */
export function followPaths(paths: readonly ByteString[], reader: LinkReader): ByteString[] | undefined {
  const resolved = new Set<ByteString>();
  const follow = createFollower(reader);
  const linksTo = new Map<ByteString, number>(paths.map((path) => [path, 0]));
  // A map may grow while it is walked: what is added gets its turn.
  for (const [path, links] of linksTo) {
    const { reached, targets } = follow(path);
    resolved.add(reached);
    for (const target of links < MAX_LINKS ? targets : []) {
      if (!linksTo.has(target) && linksTo.size < MAX_PATHS) linksTo.set(target, links + 1);
    }
  }
  return withoutNested([...resolved].sort());
}

/** Walks down a path to its first symlink or its end. */
type Follower = (path: ByteString) => { reached: ByteString; targets: readonly ByteString[] };

function createFollower(reader: LinkReader): Follower {
  const known = new Map<ByteString, readonly ByteString[]>();
  const targetsOf = (path: ByteString): readonly ByteString[] => {
    const targets = known.get(path) ?? readTargets(path, reader);
    known.set(path, targets);
    return targets;
  };
  return (path) => {
    const parts = posix.join(".", path).split("/").filter(Boolean);
    let reached = ".";
    for (const [index, part] of parts.entries()) {
      reached = posix.join(reached, part);
      const targets = targetsOf(reached);
      const rest = parts.slice(index + 1).join("/");
      if (targets.length > 0) return { reached, targets: targets.map((target) => posix.join(target, rest)) };
    }
    return { reached, targets: [] };
  };
}

/** Targets of a symlink, or of all symlinks that a wildcard matches; empty where no symlink is. */
function readTargets(path: ByteString, reader: LinkReader): readonly ByteString[] {
  if (path === "." || path === ".." || path.startsWith("../")) return [];
  const base = posix.basename(path);
  const folder = posix.dirname(path);
  const names = hasWildcard(base) ? reader.list(folder).filter(compileGlob(base)) : [base];
  return names.flatMap((name) => readTarget(folder, name, reader));
}

function readTarget(folder: ByteString, name: ByteString, reader: LinkReader): ByteString[] {
  const link = reader.readLink(posix.join(folder, name));
  if (link === undefined) return [];
  const target = cleanPath(link);
  return [target.startsWith("/") ? target : posix.join("/", folder, target)];
}

function hasWildcard(name: ByteString): boolean {
  return /[*?[]/.test(name.replace(/\\[\s\S]?/g, ""));
}

/**
 * Leaves out what lies in the path before it; undefined when one of the paths is the root. fsutil `dedupePaths`.
 */
export function withoutNested(paths: readonly ByteString[]): ByteString[] | undefined {
  const kept: ByteString[] = [];
  let last = "";
  for (const path of paths) {
    if (path === ".") return undefined;
    if (path.startsWith(`${last}/`)) continue;
    kept.push(path);
    last = path;
  }
  return kept;
}
