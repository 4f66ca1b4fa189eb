import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";

/** A process that cannot be mistaken for a later one with the same number. */
export interface ProcessIdentity {
  readonly pid: number;
  /** When it began, in the system's own terms; empty where that cannot be found out. */
  readonly birth: string;
}

/** Who the process with this number is, or undefined when there is none. */
export async function identifyProcess(pid: number): Promise<ProcessIdentity | undefined> {
  if (!isAlive(pid)) return undefined;
  const birth = process.platform === "linux" ? await birthFromProc(pid) : await birthFromPs(pid);
  return birth === undefined ? undefined : { pid, birth };
}

/** Whether the very same process still runs. */
export async function isRunning(identity: ProcessIdentity): Promise<boolean> {
  const now = await identifyProcess(identity.pid);
  return now !== undefined && now.birth === identity.birth;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** Start time in clock ticks since boot: field 22 of `/proc/PID/stat`, see proc_pid_stat(5). A zombie runs no more. */
async function birthFromProc(pid: number): Promise<string | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => undefined);
  // The second field is the command in parentheses and may itself hold spaces and parentheses.
  const fields = stat?.slice(stat.lastIndexOf(")") + 2).split(" ");
  return fields === undefined || fields[0] === "Z" ? undefined : (fields[19] ?? "");
}

async function birthFromPs(pid: number): Promise<string | undefined> {
  try {
    const { stdout } = await promisify(execFile)("ps", ["-o", "lstart=", "-p", String(pid)], { timeout: 5000 });
    return stdout.trim();
  } catch {
    return undefined; // ps finds no such process
  }
}
