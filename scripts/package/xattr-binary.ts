import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { xattrBinaryIn, xattrPackageOf } from "../xattr-package.ts";
import { root } from "./house.ts";
import { type NpmRelease, provideNpmPackage } from "./npm-package.ts";
import type { Platform } from "./platforms.ts";

/**
 * The file with which Node.js reads extended attributes on a platform, in the version that the repository has locked:
 * the installed one, or that of the npm package for the other platform.
 *
 * @throws {Problem} `package_unfit`, `tool_failed`
 */
export async function provideXattrBinary({ name }: Platform): Promise<string> {
  const installed = join(root, "node_modules", xattrPackageOf(name));
  return xattrBinaryIn(existsSync(installed) ? installed : await provideNpmPackage(lockedXattrRelease(name)));
}

/** What the lock file of the repository says of the package for a platform, named as in `linux-x64`. */
export function lockedXattrRelease(platform: string): NpmRelease {
  const name = xattrPackageOf(platform);
  const { packages } = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8"));
  const { version, integrity } = packages[`node_modules/${name}`];
  return { name, version, integrity };
}
