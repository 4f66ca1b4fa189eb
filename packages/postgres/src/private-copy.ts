import { randomBytes } from "node:crypto";
import { statSync } from "node:fs";
import { chmod, constants, copyFile, cp, mkdir, readdir, readFile, rename, rm, symlink } from "node:fs/promises";
import { basename, dirname, join, relative } from "node:path";
import { systemCodeOf } from "@opendepot/base";
import type { OsUser } from "./run-program.ts";

const systemDirs = ["/var/lib/opendepot", "/usr/local/lib/opendepot", "/opt/opendepot"];

/**
 * Folders that may hold a copy of the programs, best first. As root: one of the system's, so that data folders
 * share the copy, else the data folder where `user` can get at it. Otherwise the data folder.
 */
export function installDirs(dataDir: string, user: OsUser | undefined): readonly string[] {
  if (user === undefined) return [dataDir];
  return canReach(dataDir, user) ? [...systemDirs, dataDir] : systemDirs;
}

/**
 * Whether `user`, without further groups, may pass through `dir` and every folder above it, by their modes.
 * Access lists are not read; they can only make the answer too careful.
 */
export function canReach(dir: string, user: OsUser): boolean {
  const parent = dirname(dir);
  if (parent !== dir && !canReach(parent, user)) return false;
  const stat = statSync(dir, { throwIfNoEntry: false });
  if (stat === undefined) return true; // will be made by us, passable
  const shift = stat.uid === user.uid ? 6 : stat.gid === user.gid ? 3 : 0;
  return ((stat.mode >> shift) & 1) === 1;
}

/**
 * Copies `bin`, `lib` and `share` of the npm package to `<parent>/postgresql-<version>-<platform>`, readable by
 * everyone, and gives back the copy's `bin`. A copy that is there already is taken as it is.
 *
 * The copy appears under its name in one step, so it is either whole or not there.
 *
 * @throws the system error
 */
export async function copyBinaries(binDir: string, version: string, parent: string): Promise<string> {
  const native = dirname(binDir);
  const target = join(parent, `postgresql-${version}-${process.platform}-${process.arch}`);
  if (statSync(target, { throwIfNoEntry: false }) !== undefined) return join(target, "bin");
  const unfinished = `${target}.${randomBytes(6).toString("hex")}`;
  try {
    if ((await mkdir(parent, { recursive: true })) !== undefined) await chmod(parent, 0o755);
    await mkdir(unfinished);
    await chmod(unfinished, 0o755); // whatever the umask
    await copyTree(native, unfinished);
    await linkLibraries(native, unfinished);
    await rename(unfinished, target);
  } catch (error) {
    await rm(unfinished, { recursive: true, force: true });
    // Another process was faster, and its copy is as good.
    if (systemCodeOf(error) !== "ENOTEMPTY" && systemCodeOf(error) !== "EEXIST") throw error;
  }
  return join(target, "bin");
}

async function copyTree(from: string, to: string): Promise<void> {
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const source = join(from, entry.name);
    const target = join(to, entry.name);
    if (entry.isDirectory() && isNeeded(entry.name)) {
      await mkdir(target);
      await chmod(target, 0o755);
      await copyTree(source, target);
    } else if (entry.isSymbolicLink()) {
      await cp(source, target, { verbatimSymlinks: true });
    } else if (entry.isFile() && isNeeded(entry.name)) {
      await copyFile(source, target, constants.COPYFILE_FICLONE);
      await chmod(target, basename(from) === "bin" ? 0o755 : 0o644);
    }
  }
}

/** What serves to compile against PostgreSQL is left out. */
function isNeeded(name: string): boolean {
  return !name.endsWith(".a") && name !== "pkgconfig" && name !== "pgxs" && name !== "include";
}

/** The package lists its symbolic links, which npm cannot pack, in a file; an install script would make them. */
async function linkLibraries(native: string, target: string): Promise<void> {
  const list = await readFile(join(native, "pg-symlinks.json"), "utf8").catch(() => "[]");
  const links: unknown = JSON.parse(list);
  if (!Array.isArray(links)) return;
  for (const link of links) {
    const { source, target: name } = link as { source?: unknown; target?: unknown };
    if (typeof source !== "string" || typeof name !== "string") continue;
    const at = join(target, relative("native", name));
    await symlink(relative(dirname(name), source), at).catch((error: unknown) => {
      if (systemCodeOf(error) !== "EEXIST") throw error;
    });
  }
}
