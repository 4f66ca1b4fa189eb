import { posix } from "node:path";
import type { ComposeFileReader } from "../load-options.ts";

/** Files that exist only in memory, by path. Every part of a path is a directory. */
export class MemoryFiles implements ComposeFileReader {
  private readonly files: ReadonlyMap<string, string>;

  constructor(files: Readonly<Record<string, string>>) {
    this.files = new Map(Object.entries(files).map(([path, text]) => [posix.normalize(path), text]));
  }

  /** The bytes of a file; undefined when there is none. */
  readonly readFile = (path: string): Uint8Array | undefined => {
    const text = this.files.get(posix.normalize(path));
    return text === undefined ? undefined : Buffer.from(text);
  };

  /** Whether a file lies below `path`. */
  readonly isDirectory = (path: string): boolean => {
    const prefix = `${posix.normalize(path).replace(/\/$/, "")}/`;
    return [...this.files.keys()].some((file) => file.startsWith(prefix));
  };
}
