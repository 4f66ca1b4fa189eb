import { mkdtempDisposableSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { getAttributeSync, listAttributesSync, setAttributeSync } from "@napi-rs/xattr";

/** `cap_net_raw=ep`, as `setcap` stores it: revision 2, effective, and four words of which bit 13 is permitted. */
export const CAP_NET_RAW: Buffer = Buffer.from("0100000200200000000000000000000000000000", "hex");

/** A new folder on a file system that keeps extended attributes. */
export interface XattrFolder extends Disposable {
  readonly path: string;
  /** Where something in it is. */
  at(name: string): string;
}

/**
 * Makes a folder in the first place where attributes of users and of the system can be set.
 *
 * @throws {Error} where there is none, or for want of rights: tests of attributes need root
 */
export function xattrFolder(): XattrFolder {
  const places = [tmpdir(), "/var/tmp", import.meta.dirname];
  for (const place of places) {
    const folder = mkdtempDisposableSync(join(place, "xattrs-"));
    if (keepsXattrs(folder.path)) {
      const at = (name: string): string => join(folder.path, name);
      return { path: folder.path, at, [Symbol.dispose]: () => folder.remove() };
    }
    folder.remove();
  }
  throw new Error(
    `extended attributes cannot be set in any of ${places.join(", ")}: they need root and a disk for them`,
  );
}

function keepsXattrs(folder: string): boolean {
  try {
    for (const name of ["user.probe", "trusted.probe"]) setAttributeSync(folder, name, "");
    return true;
  } catch {
    return false;
  }
}

/** Sets attributes of a file, directory or symlink. */
export function setXattrs(path: string, xattrs: Readonly<Record<string, Uint8Array | string>>): void {
  for (const [name, value] of Object.entries(xattrs)) setAttributeSync(path, name, Buffer.from(value));
}

/** All attributes of a file, directory or symlink, with their bytes as latin1. */
export function xattrsOf(path: string): Record<string, string> {
  const names = [...listAttributesSync(path)].sort();
  return Object.fromEntries(names.map((name) => [name, getAttributeSync(path, name)?.toString("latin1") ?? "?"]));
}
