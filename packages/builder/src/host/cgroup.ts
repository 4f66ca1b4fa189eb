import { readdir, readFile, rmdir } from "node:fs/promises";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { systemCodeOf } from "@opendepot/base";

const CGROUP_ROOT = "/sys/fs/cgroup";
const REMOVE_TRIES = 10;
const REMOVE_PAUSE_MS = 20;

/**
 * Kills every process in the control group `group` (`/opendepot/…`) and below, in each hierarchy of this machine
 * (v2, v1, or both at once), and removes the groups. What is gone already is fine.
 */
export async function killCgroup(group: string): Promise<void> {
  for (const hierarchy of [CGROUP_ROOT, ...(await foldersIn(CGROUP_ROOT))]) {
    await killBelow(path.join(hierarchy, group));
  }
}

async function killBelow(folder: string): Promise<void> {
  for (const child of await foldersIn(folder)) await killBelow(child);
  const pids = await readFile(path.join(folder, "cgroup.procs"), "utf8").catch(() => "");
  for (const pid of pids.split("\n").map(Number)) {
    if (pid <= 0) continue;
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // ESRCH: gone by itself
    }
  }
  await removeGroup(folder);
}

/** A group can be removed once the last of its processes has died, which takes the kernel a moment. */
async function removeGroup(folder: string): Promise<void> {
  for (let tries = 0; tries < REMOVE_TRIES; tries++) {
    try {
      await rmdir(folder);
      return;
    } catch (error) {
      // One that stays after all costs nothing, and is tried again at the next start.
      if (systemCodeOf(error) !== "EBUSY") return;
      await sleep(REMOVE_PAUSE_MS);
    }
  }
}

async function foldersIn(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isDirectory()).map((entry) => path.join(folder, entry.name));
}
