/** The shortest path that means the same, with slashes: Go's `path.Clean`. */
export function cleanPath(path: string): string {
  const isRooted = path.startsWith("/");
  const kept: string[] = [];
  for (const part of path.split("/")) {
    if (part === "" || part === ".") continue;
    if (part !== "..") kept.push(part);
    else if (kept.length > 0 && kept.at(-1) !== "..") kept.pop();
    else if (!isRooted) kept.push(part);
  }
  const cleaned = (isRooted ? "/" : "") + kept.join("/");
  return cleaned === "" ? "." : cleaned;
}

/** Joins what is not empty and cleans the result; empty when everything is: Go's `path.Join`. */
export function joinPaths(...parts: readonly string[]): string {
  const present = parts.filter((part) => part !== "");
  return present.length === 0 ? "" : cleanPath(present.join("/"));
}

/** The folder of a file: Go's `path.Dir`. */
export function folderOf(path: string): string {
  return cleanPath(path.slice(0, path.lastIndexOf("/") + 1));
}

/** Tells whether a path starts at the root. */
export function isRooted(path: string): boolean {
  return path.startsWith("/");
}
