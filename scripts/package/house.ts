import { readFileSync } from "node:fs";
import { join } from "node:path";

/** The repository. */
export const root: string = join(import.meta.dirname, "../..");

/** Where everything that is handed to others is written. */
export const distFolder: string = join(root, "dist");

/** Where what was fetched is kept from one run to the next. */
export const cacheFolder: string = join(root, "node_modules/.cache/opendepot/packaging");

/** The version of Node.js that the repository pins, which the executables carry. */
export function pinnedNodeVersion(): string {
  const { devDependencies } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  return devDependencies.node;
}
