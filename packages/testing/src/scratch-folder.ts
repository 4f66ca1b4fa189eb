import { mkdtemp, readdir, rm, statfs } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemCodeOf } from "@opendepot/base";

const memory = "/dev/shm";
const neededBytes = 1024 ** 3;

/** A folder that disposing removes. */
export interface ScratchFolder extends AsyncDisposable {
  readonly path: string;
}

/**
 * A new folder, in memory where the machine has room for it: files are made some ten times faster there. What
 * killed test processes left there is removed.
 */
export async function makeScratchFolder(purpose: string): Promise<ScratchFolder> {
  const prefix = `opendepot-test-${purpose}-`;
  const parent = (await hasRoom(memory)) ? memory : tmpdir();
  await removeLeftovers(parent, prefix);
  const path = await mkdtemp(join(parent, `${prefix}${process.pid}-`));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true, maxRetries: 5 }) };
}

async function hasRoom(dir: string): Promise<boolean> {
  const found = await statfs(dir).catch(() => undefined);
  return found !== undefined && found.bavail * found.bsize >= neededBytes;
}

async function removeLeftovers(parent: string, prefix: string): Promise<void> {
  const names = (await readdir(parent)).filter((name) => name.startsWith(prefix));
  const left = names.filter((name) => !isRunning(Number.parseInt(name.slice(prefix.length), 10)));
  // Another user's leftovers are his to remove.
  await Promise.all(
    left.map((name) => rm(join(parent, name), { recursive: true, force: true }).catch(() => undefined)),
  );
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return systemCodeOf(error) !== "ESRCH";
  }
}
