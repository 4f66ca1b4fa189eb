import { isUtf8 } from "node:buffer";
import { closeSync, constants, openSync } from "node:fs";
import { GoMode, hasBits } from "../file-sync/go-file-mode.ts";

/** An entry on the disk. */
export interface EntryOnDisk {
  /** Absolute, as `node:fs` takes it: text, or bytes. */
  readonly fsPath: string | Buffer;
  /** Go's `os.FileMode`. */
  readonly mode: number;
}

/**
 * Calls `act` with a path that is text and leads to the entry itself, not to what a symlink in its place leads to.
 * Where a directory on the way, or the directory itself, has a name that is not UTF-8, Linux has it under the number of
 * an open file. Undefined, and `act` is not called, for other entries whose own name is not UTF-8.
 *
 * @throws what `act` throws, and the system errors of opening the directory
 */
export function withTextPath<T>({ fsPath, mode }: EntryOnDisk, act: (path: string) => T): T | undefined {
  if (typeof fsPath === "string") return act(fsPath);
  if (isUtf8(fsPath)) return act(fsPath.toString("utf8"));
  const isDirectory = hasBits(mode, GoMode.directory);
  const slash = fsPath.lastIndexOf("/");
  const name = fsPath.subarray(slash + 1);
  if (!isDirectory && !isUtf8(name)) return undefined;
  const flags = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;
  const fd = openSync(isDirectory ? fsPath : fsPath.subarray(0, slash), flags);
  try {
    return act(`/proc/self/fd/${fd}/${isDirectory ? "." : name.toString("utf8")}`);
  } finally {
    closeSync(fd);
  }
}
