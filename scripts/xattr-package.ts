import { readFileSync } from "node:fs";
import { join } from "node:path";

/**
 * The npm package with the native part of `@napi-rs/xattr` for a platform, named as in `linux-x64`: on Linux the one for
 * glibc, which Node.js needs as well.
 */
export function xattrPackageOf(platform: string): string {
  return `@napi-rs/xattr-${platform}${platform.startsWith("linux-") ? "-gnu" : ""}`;
}

/** The one file of such a package that is unpacked in `folder`. */
export function xattrBinaryIn(folder: string): string {
  const { main } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  return join(folder, main);
}
