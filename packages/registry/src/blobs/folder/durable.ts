import { mkdir, open } from "node:fs/promises";
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

/** The same, with all folders above it. Node.js's own way of doing this never returns below `/proc`. */
export async function makeFoldersDurably(path: string): Promise<void> {
  try {
    await makeFolderDurably(path);
  } catch (error) {
    if (systemCodeOf(error) !== "ENOENT" || dirname(path) === path) throw error;
    await makeFoldersDurably(dirname(path));
    await makeFolderDurably(path);
  }
}
