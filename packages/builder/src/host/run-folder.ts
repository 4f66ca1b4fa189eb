import { createHash } from "node:crypto";
import { lstat, mkdir } from "node:fs/promises";
import path from "node:path";
import { MAX_RUN_FOLDER_BYTES } from "../engine/engine.ts";
import { engineStartFailed } from "../problems.ts";

/** A short name that stands for `text`, the same at every start: 12 hex digits. */
export function shortName(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 12);
}

/** What a run folder is chosen for. */
export interface RunFolderOptions {
  /** The persistent folder that it belongs to, absolute. */
  readonly folder: string;
  /** Where run folders go when their names are short enough there. */
  readonly preferred: string;
  /** Where they go otherwise. Default: `/run/opendepot`, then `/tmp/opendepot-<uid>`. */
  readonly fallbacks?: readonly string[] | undefined;
}

/**
 * Makes the folder for the sockets of a builder: below `preferred`, or, where that would make socket paths longer
 * than Linux allows, in a short folder of the machine that only this user may enter.
 * The same folder always gets the same run folder.
 *
 * @throws {Problem} `engine_start_failed` when there is no place that is short enough and ours alone
 */
export async function makeRunFolder(options: RunFolderOptions): Promise<string> {
  let cause: unknown;
  for (const folder of runFolderCandidates(options)) {
    try {
      await makeOwn(path.dirname(folder));
      await makeOwn(folder);
      return folder;
    } catch (error) {
      cause = error;
    }
  }
  throw engineStartFailed(`no folder for its sockets: ${options.preferred} is too long or not writable`, { cause });
}

/** The run folders that {@link makeRunFolder} may choose, in its order of preference. */
export function runFolderCandidates(options: RunFolderOptions): readonly string[] {
  const name = shortName(options.folder);
  const fallbacks = options.fallbacks ?? ["/run/opendepot", `/tmp/opendepot-${process.getuid?.() ?? 0}`];
  const folders = [options.preferred, ...fallbacks].map((parent) => path.join(parent, name));
  return folders.filter((folder) => Buffer.byteLength(folder) <= MAX_RUN_FOLDER_BYTES);
}

async function makeOwn(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const found = await lstat(folder);
  // In a shared place such as /tmp somebody else may have been first.
  if (!found.isDirectory() || found.uid !== (process.getuid?.() ?? found.uid)) throw new Error(`${folder} is not ours`);
}
