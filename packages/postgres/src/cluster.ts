import { lchown, lstat, mkdir, open, readdir, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Logger } from "@opendepot/base";
import type { Binaries } from "./binaries.ts";
import { dataDirCorrupted, versionMismatch } from "./problems.ts";
import type { OsUser } from "./run-program.ts";
import { runProgram } from "./run-program.ts";
import { explainFailure } from "./start-failure.ts";

/** What {@link prepareCluster} works with. */
export interface PrepareClusterOptions {
  readonly clusterDir: string;
  readonly binaries: Binaries;
  readonly user: OsUser | undefined;
  /** Waits until all files are on the disk. Tests do without. */
  readonly sync: boolean;
  readonly logger: Logger;
  readonly signal?: AbortSignal | undefined;
}

/**
 * How PostgreSQL is told its own folder. It enters the folder before it becomes another user, and this
 * name leads there whatever the folders above allow, however long or odd their names are.
 */
export function ownFolder(clusterDir: string): string {
  return process.platform === "linux" ? "/proc/self/cwd" : clusterDir;
}

/**
 * Makes the database files when there are none yet, else checks that `binaries` can serve them.
 * They appear in one step: a start that was cut off leaves nothing behind that looks like a database.
 *
 * @throws {Problem} `postgres_version_mismatch`, `data_dir_corrupted`, `disk_full`, `postgres_start_failed`
 */
export async function prepareCluster(options: PrepareClusterOptions): Promise<void> {
  const { clusterDir, binaries, user } = options;
  const version = await versionOf(clusterDir);
  if (version === undefined) return await createCluster(options);
  if (version !== String(binaries.major)) throw versionMismatch(clusterDir, version, binaries.version);
  const owner = await lstat(clusterDir);
  if (user !== undefined && owner.uid !== user.uid) await giveTo(user, clusterDir);
}

/** The major version that made the files; undefined when there are none. */
async function versionOf(clusterDir: string): Promise<string | undefined> {
  const names = await namesIn(clusterDir);
  if (names.length === 0) return undefined;
  if (!names.includes("PG_VERSION")) throw dataDirCorrupted(clusterDir, "the file PG_VERSION is missing");
  return (await readFile(join(clusterDir, "PG_VERSION"), "utf8")).trim();
}

async function namesIn(dir: string): Promise<string[]> {
  try {
    return await readdir(dir);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return [];
    throw error;
  }
}

async function createCluster(options: PrepareClusterOptions): Promise<void> {
  const { clusterDir, binaries, user, logger, signal } = options;
  const unfinished = `${clusterDir}.new`;
  await rm(unfinished, { recursive: true, force: true });
  await mkdir(unfinished, { mode: 0o700 });
  if (user !== undefined) await lchown(unfinished, user.uid, user.gid);
  logger.info("creating the database", { version: binaries.version });
  try {
    const args = ["-D", ownFolder(unfinished), ...initdbFlags(binaries.major), ...(options.sync ? [] : ["--no-sync"])];
    const result = await runProgram(join(binaries.dir, "initdb"), args, { user, cwd: unfinished, signal });
    if (result.code !== 0) throw explainFailure("initdb", `ended with ${result.code}`, { clusterDir, ...result });
    await rename(unfinished, clusterDir);
  } catch (error) {
    await rm(unfinished, { recursive: true, force: true });
    throw error;
  }
  if (options.sync) await syncDir(join(clusterDir, ".."));
}

/** Text is UTF-8, sorted by code point, so that indexes never depend on the machine's locales. */
function initdbFlags(major: number): readonly string[] {
  const provider = major >= 17 ? ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"] : ["--locale-provider=libc"];
  return [
    "--username=postgres",
    "--auth=trust",
    "--encoding=UTF8",
    "--locale=C",
    ...provider,
    "--data-checksums",
    "--no-instructions",
  ];
}

/** The files came from a backup or a copy made by root. */
async function giveTo(user: OsUser, path: string): Promise<void> {
  await lchown(path, user.uid, user.gid);
  if (!(await lstat(path)).isDirectory()) return;
  for (const name of await readdir(path)) await giveTo(user, join(path, name));
}

async function syncDir(dir: string): Promise<void> {
  const handle = await open(dir, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
