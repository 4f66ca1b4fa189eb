import { readFile, stat } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { type Logger, systemClock, systemCodeOf } from "@opendepot/base";
import { dataDirInUse } from "./problems.ts";
import { isStillRunning, startOfProcess } from "./process-table.ts";
import { clusterName, socketName } from "./server-settings.ts";

const pollMs = 10;
const killLimitMs = 5_000;

/** What {@link stopOrphan} works with. */
export interface StopOrphanOptions {
  readonly dataDir: string;
  readonly clusterDir: string;
  readonly stopTimeoutMs: number;
  readonly logger: Logger;
  readonly signal?: AbortSignal | undefined;
}

/** What the file `postmaster.pid` still says, when that is about no server of ours. */
export interface StalePid {
  readonly pid: number;
}

/**
 * Stops the server that an earlier owner of the data folder left running when it was killed. Called by the
 * present owner. Gives back the pid in a leftover `postmaster.pid` that another program has got meanwhile.
 *
 * @throws {Problem} `data_dir_in_use` when a server runs on the files that was not started by this package, or
 * that is beyond reach in another process namespace
 */
export async function stopOrphan(options: StopOrphanOptions): Promise<StalePid | undefined> {
  const { clusterDir, dataDir, logger } = options;
  const pid = await recordedPid(clusterDir);
  if (pid === undefined) return undefined;
  const start = await startOfProcess(pid);
  const origin = start === undefined ? "gone" : await originOf(pid, clusterDir);
  if (start !== undefined && origin === "ours") {
    logger.warn("stopping the PostgreSQL that an earlier process left running", { pid });
    await stopProcess(pid, start, options);
    return undefined;
  }
  if (origin === "foreign") throw dataDirInUse(dataDir, pid);
  if (await answers(join(clusterDir, socketName))) throw dataDirInUse(dataDir, undefined);
  return { pid };
}

async function recordedPid(clusterDir: string): Promise<number | undefined> {
  const text = await readFile(join(clusterDir, "postmaster.pid"), "utf8").catch(() => "");
  // A server in single-user mode records its pid with a minus sign.
  const pid = Math.abs(Number.parseInt(text, 10));
  return Number.isInteger(pid) && pid > 0 ? pid : undefined;
}

/** Whose process it is: a server on these files, ours or somebody else's, or another program altogether. */
async function originOf(pid: number, clusterDir: string): Promise<"ours" | "foreign" | "unrelated"> {
  if (process.platform !== "linux") return "ours"; // the recorded socket would be gone with any other
  const [cwd, cluster] = await Promise.all([identityOf(`/proc/${pid}/cwd`), identityOf(clusterDir)]);
  if (cwd === undefined || cwd !== cluster) return "unrelated";
  const command = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
  return command.split("\0").includes(`cluster_name=${clusterName}`) ? "ours" : "foreign";
}

async function identityOf(path: string): Promise<string | undefined> {
  const found = await stat(path).catch(() => undefined);
  return found && `${found.dev}:${found.ino}`;
}

/** Fast shutdown, then immediate, then the end: each signal is the next stronger request of the postmaster. */
async function stopProcess(pid: number, start: string, options: StopOrphanOptions): Promise<void> {
  const steps = [
    ["SIGINT", options.stopTimeoutMs],
    ["SIGQUIT", killLimitMs],
    ["SIGKILL", killLimitMs],
  ] as const;
  for (const [name, limitMs] of steps) {
    if (!send(pid, name)) return;
    if (await isGoneWithin(limitMs, { pid, start, signal: options.signal })) return;
  }
  throw dataDirInUse(options.dataDir, pid);
}

function send(pid: number, name: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, name);
  } catch (error) {
    if (systemCodeOf(error) === "ESRCH") return false;
    throw error;
  }
}

interface Watched {
  readonly pid: number;
  readonly start: string;
  readonly signal: AbortSignal | undefined;
}

async function isGoneWithin(limitMs: number, { pid, start, signal }: Watched): Promise<boolean> {
  const deadline = performance.now() + limitMs;
  while (performance.now() < deadline) {
    if (!(await isStillRunning(pid, start))) return true;
    await systemClock.sleep(pollMs, signal);
  }
  return false;
}

/** Whether somebody listens on the socket. A socket of a dead server refuses at once. */
async function answers(path: string): Promise<boolean> {
  const answer = Promise.withResolvers<boolean>();
  const socket = connect(path);
  socket.once("connect", () => answer.resolve(true)).once("error", () => answer.resolve(false));
  try {
    return await answer.promise;
  } finally {
    socket.destroy();
  }
}
