import { readdir, readFile } from "node:fs/promises";
import path from "node:path";

/** A process of this machine, as `/proc` tells. */
export interface HostProcess {
  readonly pid: number;
  readonly args: readonly string[];
  /** When it was started, in clock ticks since boot: with the pid, names one process for good. */
  readonly startTicks: string;
}

/** All processes that have arguments (kernel threads and zombies have none). */
export async function listProcesses(): Promise<readonly HostProcess[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name)).map(Number);
  const found = await Promise.all(pids.map(readProcess));
  return found.filter((process) => process !== undefined);
}

/** The process with this pid, unless it has gone. */
export async function readProcess(pid: number): Promise<HostProcess | undefined> {
  try {
    const args = (await readFile(`/proc/${pid}/cmdline`, "utf8")).split("\0").slice(0, -1);
    const stat = await readFile(`/proc/${pid}/stat`, "utf8");
    // Field 22 of proc_pid_stat(5), counted from behind the name, which may hold anything but ends with the last ")".
    const startTicks = stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? "";
    return args.length > 0 ? { pid, args, startTicks } : undefined;
  } catch {
    return undefined; // gone between two reads
  }
}

/**
 * The processes that run one of `programs` with an argument that names a path below one of `folders`:
 * the engines of these folders, and nothing of anybody else.
 */
export async function findProcessesOf(
  programs: readonly string[],
  folders: readonly string[],
): Promise<readonly HostProcess[]> {
  const namesFolder = (argument: string): boolean => {
    return folders.some((folder) => argument.startsWith(`${folder}/`) || argument.includes(`=${folder}/`));
  };
  return (await listProcesses()).filter((process) => {
    return programs.includes(path.basename(process.args[0] ?? "")) && process.args.some(namesFolder);
  });
}

/** Sends a signal, but only if the pid still is the same process. Returns whether it was. */
export async function signalProcess(target: HostProcess, signal: NodeJS.Signals): Promise<boolean> {
  const now = await readProcess(target.pid);
  if (now?.startTicks !== target.startTicks) return false;
  try {
    return process.kill(target.pid, signal);
  } catch {
    return false; // ESRCH: gone in the meantime
  }
}
