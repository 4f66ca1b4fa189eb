import { posix } from "node:path";

/** A path without what it does not need, as Go's `filepath.Clean` has it: never ends in `/`, `.` when empty. */
export function cleanPath(path: string): string {
  const normal = posix.normalize(path);
  return normal.length > 1 && normal.endsWith("/") ? normal.slice(0, -1) : normal;
}

/** Joins and cleans, as Go's `filepath.Join`: empty parts do not count, nothing at all stays empty. */
export function joinPath(...parts: readonly string[]): string {
  const given = parts.filter((part) => part !== "");
  return given.length === 0 ? "" : cleanPath(given.join("/"));
}

/** The directory of a path, as Go's `filepath.Dir`. */
export function directoryOf(path: string): string {
  return cleanPath(path.slice(0, path.lastIndexOf("/") + 1));
}

/** Whether a path starts at the root. */
export function isAbsolutePath(path: string): boolean {
  return path.startsWith("/");
}

/** How to get from `base` to `target`, as Go's `filepath.Rel`; undefined when that cannot be known. */
export function relativePath(base: string, target: string): string | undefined {
  const [from, to] = [cleanPath(base), cleanPath(target)];
  if (from === to) return ".";
  if (isAbsolutePath(from) !== isAbsolutePath(to)) return undefined;
  const fromParts = from === "." ? [] : from.split("/");
  const toParts = to === "." ? [] : to.split("/");
  let shared = 0;
  while (shared < fromParts.length && fromParts[shared] === toParts[shared]) shared += 1;
  const up = fromParts.slice(shared);
  if (up.includes("..")) return undefined;
  return [...up.map(() => ".."), ...toParts.slice(shared)].join("/");
}

/** Whether a path is absolute on Windows: `C:\…`, `\\server\share\…`. */
export function isWindowsAbsolutePath(path: string): boolean {
  return /^[a-zA-Z]:[\\/]/.test(path) || /^[\\/]{2}[^\\/]+[\\/]+[^\\/]+[\\/]/.test(path);
}
