import type { Problem } from "@opendepot/base";
import { xattrsUnavailable } from "../problems.ts";

/** What is used of `@napi-rs/xattr`. None of it follows a symlink that the path ends with; paths and names are UTF-8. */
export interface NativeXattrs {
  /** @throws {Error} whose message ends with `(os error NUMBER)`, or without that when a name is not UTF-8 */
  listAttributesSync(path: string): readonly string[];
  /** Null when there is no such attribute, or it cannot be read. */
  getAttributeSync(path: string, name: string): Uint8Array | null;
  /** @throws {Error} whose message ends with `(os error NUMBER)` */
  setAttributeSync(path: string, name: string, value: Uint8Array): void;
}

/** Elsewhere BuildKit's own clients know of none either: fsutil `stat_windows.go`. */
const SYSTEMS: ReadonlySet<string> = new Set(["linux", "darwin"]);

let loading: Promise<NativeXattrs | undefined> | undefined;

/**
 * Loads, once in a process and when it is first needed, what reads and writes extended attributes. Undefined where
 * there is nothing of the kind, or where it cannot be loaded: then the first caller's `onWarning` is told.
 */
export function loadXattrs(onWarning: ((problem: Problem) => void) | undefined): Promise<NativeXattrs | undefined> {
  loading ??= load(onWarning);
  return loading;
}

async function load(onWarning: ((problem: Problem) => void) | undefined): Promise<NativeXattrs | undefined> {
  if (!SYSTEMS.has(process.platform)) return undefined;
  try {
    return await import("@napi-rs/xattr");
  } catch (error) {
    onWarning?.(xattrsUnavailable(error));
    return undefined;
  }
}
