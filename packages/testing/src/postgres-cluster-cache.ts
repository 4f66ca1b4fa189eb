import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { isProblem } from "@opendepot/base";
import { startManagedPostgres } from "@opendepot/postgres";

const cacheDir = join(import.meta.dirname, "../../../node_modules/.cache/opendepot");
const cached = join(cacheDir, "postgres-cluster");

/**
 * Puts freshly made database files into `dataDir`, copied from those that an earlier run has kept, which is
 * much quicker than making them. Without them, or when they cannot be read, the folder stays empty and the
 * start makes its own.
 */
export async function useCachedCluster(dataDir: string, settings: Readonly<Record<string, string>>): Promise<void> {
  try {
    if (!(await exists(cached))) await fillCache(settings);
    await promisify(execFile)("cp", ["-a", cached, join(dataDir, "cluster")]);
  } catch (error) {
    if (isProblem(error)) throw error;
    await rm(join(dataDir, "cluster"), { recursive: true, force: true });
  }
}

/** Throws away the kept files and the copy of them in `dataDir`, which turned out to be of no use. */
export async function discardCachedCluster(dataDir: string): Promise<void> {
  await Promise.all([cached, join(dataDir, "cluster")].map((path) => rm(path, { recursive: true, force: true })));
}

/** Runs of several processes may all fill it; whoever is first wins. */
async function fillCache(settings: Readonly<Record<string, string>>): Promise<void> {
  await mkdir(cacheDir, { recursive: true });
  const making = await mkdtemp(`${cached}-`);
  try {
    await (await startManagedPostgres({ dataDir: making, settings }))[Symbol.asyncDispose]();
    await rename(join(making, "cluster"), cached).catch(() => undefined);
  } finally {
    await rm(making, { recursive: true, force: true });
  }
}

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined;
}
