import { systemCodeOf } from "@opendepot/base";
import type { NativeXattrs } from "./load-xattrs.ts";
import { toSystemError } from "./native-error.ts";
import { type EntryOnDisk, withTextPath } from "./text-path.ts";
import { NO_XATTRS, type Xattr } from "./xattr.ts";

/** How the native part fails when it cannot make text of an attribute's name. */
const NAME_NOT_UTF8 = "InvalidArg";

/** The file system has none, the entry has gone since it was listed, or its attributes cannot be told. */
const WITHOUT: ReadonlySet<unknown> = new Set([
  ...["ENOTSUP", "EOPNOTSUPP", "ENOSYS"],
  ...["ENOENT", "ENOTDIR", "ELOOP"],
  NAME_NOT_UTF8,
]);

/** What macOS keeps for itself and changes at will. */
const APPLE_PREFIX = "com.apple.";

/**
 * The extended attributes of an entry, in all namespaces that this process may see; those that cannot be read are left
 * out. Left out are, too, those of an entry that {@link withTextPath} does not lead to, or of which an attribute has a
 * name that is not UTF-8. fsutil `loadXattr`.
 *
 * @throws {Error} with the system's `code` when they cannot be listed
 */
export function readXattrs(native: NativeXattrs, entry: EntryOnDisk): readonly Xattr[] {
  try {
    if (typeof entry.fsPath === "string") return readAll(native, entry.fsPath); // nearly all, and they are many
    return withTextPath(entry, (path) => readAll(native, path)) ?? NO_XATTRS;
  } catch (thrown) {
    const error = toSystemError(thrown);
    if (WITHOUT.has(systemCodeOf(error))) return NO_XATTRS;
    throw error;
  }
}

function readAll(native: NativeXattrs, path: string): readonly Xattr[] {
  const names = native.listAttributesSync(path);
  if (names.length === 0) return NO_XATTRS;
  const xattrs: Xattr[] = [];
  for (const name of names) {
    if (name.startsWith(APPLE_PREFIX)) continue;
    const value = native.getAttributeSync(path, name);
    if (value) xattrs.push({ name, value });
  }
  return xattrs;
}
