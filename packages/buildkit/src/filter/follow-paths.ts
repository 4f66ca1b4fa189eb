import { posix } from "node:path";
import { type ByteString, cleanPath } from "./byte-string.ts";
import { matchGlob } from "./glob.ts";

/** The reads that {@link followPaths} makes below a root; paths are clean, relative and never begin with `..`. */
export interface LinkReader {
  /** The target of a symlink; undefined for anything else and for what does not exist. */
  readLink(path: ByteString): ByteString | undefined;
  /** Names in a directory, `.` being the root; empty when there is none. */
  list(path: ByteString): readonly ByteString[];
}

/** A request may lead to this many paths at most, and to paths of this length: links may point into themselves. */
const MAX_PATHS = 10_000;
const MAX_PATH_LENGTH = 4096;

/**
 * Resolves paths that the engine wants, wildcards allowed, to the paths needed to reach them: each symlink on the
 * way and what it points to, links leaving the root being taken as starting at it. fsutil `FollowLinks`; unlike
 * there, two paths through the same symlink are both followed.
 *
 * Undefined when the root itself is wanted: then there is no filter.
 */
export function followPaths(paths: readonly ByteString[], reader: LinkReader): ByteString[] | undefined {
  const resolved = new Set<ByteString>();
  const seen = new Set<ByteString>(paths);
  // A set may grow while it is walked: what is added gets its turn.
  for (const path of seen) {
    const { reached, targets } = followOne(path, reader);
    resolved.add(reached);
    for (const target of targets) {
      if (target.length <= MAX_PATH_LENGTH && seen.size < MAX_PATHS) seen.add(target);
    }
  }
  return withoutNested([...resolved].sort());
}

/** Walks down `path` to its first symlink or its end, and gives the paths to go on with. */
function followOne(path: ByteString, reader: LinkReader): { reached: ByteString; targets: readonly ByteString[] } {
  const parts = posix.join(".", path).split("/").filter(Boolean);
  let reached = ".";
  for (const [index, part] of parts.entries()) {
    reached = posix.join(reached, part);
    const rest = parts.slice(index + 1).join("/");
    const targets = readTargets(reached, reader);
    if (targets) return { reached, targets: targets.map((target) => posix.join(target, rest)) };
  }
  return { reached, targets: [] };
}

/** Targets of a symlink, or of all symlinks that a wildcard matches; undefined where no symlink is. */
function readTargets(path: ByteString, reader: LinkReader): ByteString[] | undefined {
  if (path === "." || path === ".." || path.startsWith("../")) return undefined;
  const base = posix.basename(path);
  const folder = posix.dirname(path);
  const names = hasWildcard(base) ? reader.list(folder).filter((name) => isMatch(base, name)) : [base];
  const targets = names.flatMap((name) => readTarget(folder, name, reader));
  return targets.length > 0 ? targets : undefined;
}

function readTarget(folder: ByteString, name: ByteString, reader: LinkReader): ByteString[] {
  const link = reader.readLink(posix.join(folder, name));
  if (link === undefined) return [];
  const target = cleanPath(link);
  return [target.startsWith("/") ? target : posix.join("/", folder, target)];
}

function isMatch(pattern: ByteString, name: ByteString): boolean {
  try {
    return matchGlob(pattern, name);
  } catch {
    return false; // a malformed wildcard matches nothing here; as an include pattern it is reported
  }
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
