import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";
import { systemCodeOf } from "@opendepot/base";

/**
 * When the process `pid` started, as text that no other process of this machine has had under the same
 * pid; undefined when there is no such process or only its zombie. Together with the pid it tells a
 * process from a later one that got the same number.
 */
export async function startOfProcess(pid: number): Promise<string | undefined> {
  return process.platform === "linux" ? await startFromProc(pid) : await startFromPs(pid);
}

/** Whether the process that had `pid` and `start` (of {@link startOfProcess}) is still running. */
export async function isStillRunning(pid: number, start: string): Promise<boolean> {
  const current = await startOfProcess(pid);
  // A process of another user may be hidden from /proc (mount option hidepid) and still exist.
  return current === undefined ? isForeign(pid) : current === start;
}

function isForeign(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return systemCodeOf(error) === "EPERM";
  }
}

async function startFromProc(pid: number): Promise<string | undefined> {
  const [stat, boot] = await Promise.all([readText(`/proc/${pid}/stat`), readText("/proc/sys/kernel/random/boot_id")]);
  if (stat === undefined) return undefined;
  // proc_pid_stat(5): the second field is the command in parentheses and may itself hold any character.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const state = fields[0];
  const startTicks = fields[19];
  return state === "Z" || state === "X" ? undefined : `${boot?.trim() ?? ""}/${startTicks}`;
}

async function startFromPs(pid: number): Promise<string | undefined> {
  try {
    const { stdout } = await promisify(execFile)("ps", ["-o", "stat=,lstart=", "-p", String(pid)]);
    const [state = "", ...start] = stdout.trim().split(/\s+/);
    return state === "" || state.startsWith("Z") ? undefined : start.join(" ");
  } catch {
    return undefined; // ps ends with 1 when there is no such process
  }
}

async function readText(path: string): Promise<string | undefined> {
  return await readFile(path, "utf8").catch(() => undefined);
}
