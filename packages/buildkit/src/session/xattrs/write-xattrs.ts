import type { NativeXattrs } from "./load-xattrs.ts";
import { type EntryOnDisk, withTextPath } from "./text-path.ts";
import type { Xattr } from "./xattr.ts";

/**
 * Whether a builder may set an attribute of that name on this machine: those of users, which mean nothing to the system,
 * and file capabilities, which are of one kind with the setuid bit. The rest is for whoever runs this machine to decide:
 * `trusted.*` steers overlay mounts, other `security.*` are labels and signatures, `system.*` are access lists that name
 * users by numbers, as owners do, which are ours here.
 */
export function isSettable(name: string): boolean {
  return (name.startsWith("user.") && !name.includes("\ufffd")) || name === "security.capability";
}

/**
 * Sets attributes of a file or directory as far as the file system takes them and this process may, as fsutil's
 * `rewriteMetadata` does: a failure is no error. Writing to a file, or giving it another owner, takes its capabilities
 * away: that has to come before.
 */
export function writeXattrs(native: NativeXattrs, entry: EntryOnDisk, xattrs: readonly Xattr[]): void {
  withTextPath(entry, (path) => {
    for (const { name, value } of xattrs) {
      try {
        native.setAttributeSync(path, name, value);
      } catch {
        // Without CAP_SETFCAP there are no capabilities, on some file systems nothing at all.
      }
    }
  });
}
