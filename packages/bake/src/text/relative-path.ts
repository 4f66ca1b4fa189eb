/** A path as seen from a folder, unless that leads up more than one folder; both are absolute and clean. */
export function relativeOrAbsolute(folder: string, path: string): string {
  const from = folder.split("/").filter((part) => part !== "");
  const to = path.split("/").filter((part) => part !== "");
  const shared = from.findIndex((part, at) => part !== to[at]);
  const common = shared < 0 ? from.length : shared;
  const up = from.length - common;
  if (up > 1) return path;
  return [...Array<string>(up).fill(".."), ...to.slice(common)].join("/") || ".";
}
