import { randomBytes } from "node:crypto";
import { link, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { isProblem, systemCodeOf } from "@opendepot/base";
import { dataDirInUse, dataDirUnusable } from "./problems.ts";
import { isStillRunning, startOfProcess } from "./process-table.ts";

const attempts = 5;

interface Holder {
  readonly pid: number;
  readonly start: string;
}

/**
 * Takes the data folder for this process: a file `owner.lock` that names its pid and start. Disposing lets go.
 * The lock of a process that no longer runs is taken over.
 *
 * PostgreSQL's own `postmaster.pid` stays the second line of defence: it keeps two servers apart even
 * where this lock cannot tell, such as across process namespaces.
 *
 * @throws {Problem} `data_dir_in_use` naming the holder; `data_dir_unusable`, `disk_full`
 */
export async function takeOwnership(dataDir: string): Promise<AsyncDisposable> {
  const lock = join(dataDir, "owner.lock");
  const mine = `${lock}.${process.pid}.${randomBytes(4).toString("hex")}`;
  const text = JSON.stringify({ pid: process.pid, start: (await startOfProcess(process.pid)) ?? "" } satisfies Holder);
  try {
    await writeFile(mine, text, { mode: 0o600, flag: "wx" });
    await linkExclusively(dataDir, mine, lock);
  } catch (error) {
    throw isProblem(error) ? error : dataDirUnusable(dataDir, error);
  } finally {
    await rm(mine, { force: true });
  }
  return { [Symbol.asyncDispose]: () => release(lock, text) };
}

/** `link` fails when the name exists and shows the file with its whole content at once, unlike O_EXCL and a write. */
async function linkExclusively(dataDir: string, mine: string, lock: string): Promise<void> {
  for (let attempt = 0; attempt < attempts; attempt++) {
    try {
      return await link(mine, lock);
    } catch (error) {
      if (systemCodeOf(error) !== "EEXIST") throw error;
    }
    const text = await readIfThere(lock);
    if (text === undefined) continue;
    const holder = parseHolder(text);
    if (holder !== undefined && (await isStillRunning(holder.pid, holder.start))) {
      throw dataDirInUse(dataDir, holder.pid);
    }
    await discardStale(lock, text, `${mine}.stale`);
  }
  throw dataDirInUse(dataDir, parseHolder((await readIfThere(lock)) ?? "")?.pid);
}

/** Two processes may find the same stale lock: whoever moved a fresh one away by mistake puts it back. */
async function discardStale(lock: string, expected: string, grave: string): Promise<void> {
  try {
    await rename(lock, grave);
  } catch (error) {
    if (systemCodeOf(error) === "ENOENT") return;
    throw error;
  }
  const moved = await readIfThere(grave);
  if (moved !== expected) await link(grave, lock).catch(() => undefined);
  await rm(grave, { force: true });
}

async function release(lock: string, text: string): Promise<void> {
  if ((await readIfThere(lock)) === text) await rm(lock, { force: true });
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (systemCodeOf(error) === "ENOENT") return undefined;
    throw error;
  }
}

function parseHolder(text: string): Holder | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== "object" || value === null || !("pid" in value) || !("start" in value)) return undefined;
    const { pid, start } = value;
    return Number.isInteger(pid) && Number(pid) > 0 && typeof start === "string"
      ? { pid: Number(pid), start }
      : undefined;
  } catch {
    return undefined; // cut short by a full disk: nobody holds it
  }
}
