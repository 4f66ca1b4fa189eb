import { type FileHandle, mkdir, open } from "node:fs/promises";
import { dirname } from "node:path";
import { systemCodeOf } from "@opendepot/base";

/** Makes names that came or went in a folder outlive a loss of power. */
export async function syncFolder(path: string): Promise<void> {
  await using folder = await open(path, "r");
  await folder.sync();
}

/** Makes a folder in one that exists, unless it is there; tells whether it is new. */
export async function makeFolder(path: string): Promise<boolean> {
  try {
    await mkdir(path);
    return true;
  } catch (error) {
    if (systemCodeOf(error) === "EEXIST") return false;
    throw error;
  }
}

/** The same, durably. */
export async function makeFolderDurably(path: string): Promise<void> {
  if (await makeFolder(path)) await syncFolder(dirname(path));
}

/**
 * Lets file contents reach the disk, two files at a time: a sync holds one of Node.js's four threads for file work, and
 * reads must not wait behind pushes.
 */
export class ContentSync {
  readonly #waiting: Array<() => void> = [];
  #free = 2;

  /** True while a sync could begin at once. */
  get isIdle(): boolean {
    return this.#free === 2;
  }

  async run(file: FileHandle): Promise<void> {
    if (this.#free > 0) this.#free--;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      await file.datasync();
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#free++;
    }
  }
}
