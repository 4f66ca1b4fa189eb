import { randomBytes } from "node:crypto";
import { link, mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { isProblem, systemCodeOf } from "@opendepot/base";
import { alreadyRunning, dataDirUnusable } from "../problems.ts";
import { identifyProcess, isRunning, type ProcessIdentity } from "./process-identity.ts";

// The lock is a row of numbered files in `lock/`, each naming a process; the highest number holds. Whoever finds its
// process dead makes the next number, which only one can: `link` fails when the name exists. Removing a dead one's file
// and making the same name again could not be done in one step, and a slow third party would remove the wrong one.

/** More than ever want one folder at once. */
const ATTEMPTS = 50;
/** What the holder leaves when it lets go: a file that names nobody. */
const NOBODY = "{}";

/**
 * Takes a data folder for this process, made if need be. What a killed process left is taken over.
 *
 * @throws {Problem} `already_running` naming the process, `data_dir_unusable`
 */
export async function lockDataDir(dataDir: string): Promise<AsyncDisposable> {
  const folder = folderOf(dataDir);
  try {
    // The programs of the database run as another user and must be able to reach their folder inside.
    await mkdir(dataDir, { recursive: true, mode: 0o711 });
    await mkdir(folder, { recursive: true, mode: 0o700 });
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const last = (await listNumbers(folder)).at(-1) ?? 0;
      const owner = await readOwner(folder, last);
      if (owner && (await isRunning(owner))) throw alreadyRunning(dataDir, owner.pid);
      if (await take(folder, last + 1)) return unlocker(folder, last + 1);
    }
  } catch (error) {
    throw isProblem(error) || systemCodeOf(error) === undefined ? error : dataDirUnusable(dataDir, error);
  }
  throw dataDirUnusable(dataDir, new Error(`${folder} cannot be taken over`));
}

/** The server that holds a data folder, or undefined. */
export async function findOwner(dataDir: string): Promise<ProcessIdentity | undefined> {
  const folder = folderOf(dataDir);
  const last = (await listNumbers(folder).catch(() => [])).at(-1);
  const owner = last === undefined ? undefined : await readOwner(folder, last);
  return owner && (await isRunning(owner)) ? owner : undefined;
}

/** True when the number is ours and the highest: a listing may miss a file that is made while it is read. */
async function take(folder: string, number: number): Promise<boolean> {
  const self = (await identifyProcess(process.pid)) ?? { pid: process.pid, birth: "" };
  const draft = await writeDraft(folder, JSON.stringify(self));
  try {
    await link(draft, join(folder, String(number)));
  } catch (error) {
    if (systemCodeOf(error) === "EEXIST") return false;
    throw error;
  } finally {
    await rm(draft, { force: true });
  }
  const numbers = await listNumbers(folder);
  const isHighest = numbers.at(-1) === number;
  const obsolete = isHighest ? numbers.slice(0, -1) : [number];
  for (const each of obsolete) await rm(join(folder, String(each)), { force: true });
  return isHighest;
}

/** The name appears with its whole text or not at all. */
async function writeDraft(folder: string, text: string): Promise<string> {
  const draft = join(folder, `draft-${randomBytes(6).toString("hex")}`);
  await writeFile(draft, text, { mode: 0o600 });
  return draft;
}

/** The file stays: numbers must never begin again while somebody may still think of an older one. */
function unlocker(folder: string, number: number): AsyncDisposable {
  let isHeld = true;
  return {
    async [Symbol.asyncDispose]() {
      if (!isHeld) return;
      isHeld = false;
      // The whole folder may be gone by now, for instance after a test.
      const draft = await writeDraft(folder, NOBODY).catch(() => undefined);
      if (draft !== undefined) await rename(draft, join(folder, String(number)));
    },
  };
}

async function listNumbers(folder: string): Promise<number[]> {
  const names = await readdir(folder);
  return names
    .filter((name) => /^\d{1,15}$/.test(name))
    .map(Number)
    .sort((a, b) => a - b);
}

async function readOwner(folder: string, number: number): Promise<ProcessIdentity | undefined> {
  try {
    const { pid, birth } = JSON.parse(await readFile(join(folder, String(number)), "utf8")) as Partial<ProcessIdentity>;
    return typeof pid === "number" && pid > 0 && typeof birth === "string" ? { pid, birth } : undefined;
  } catch {
    return undefined; // nobody yet, taken over at this moment, or damaged: its writer is dead
  }
}

function folderOf(dataDir: string): string {
  return join(dataDir, "lock");
}
