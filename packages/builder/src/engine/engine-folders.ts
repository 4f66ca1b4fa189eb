import { mkdir, rm, statfs } from "node:fs/promises";
import path from "node:path";
import { isProblem, messageOf, systemCodeOf } from "@opendepot/base";
import { killCgroup } from "../host/cgroup.ts";
import { unmountBelow } from "../host/mounts.ts";
import { shortName } from "../host/run-folder.ts";
import { removeLeftoverBridge } from "../network/bridge.ts";
import { diskFull, engineStartFailed } from "../problems.ts";
import { endLeftoverProcesses } from "./leftovers.ts";

const MIN_FREE_SHARE = 0.05;
const CLEAR_MS = 30_000;

/** The folders of an engine, ready for a start, and what follows from them. */
export interface EngineFolders {
  readonly folder: string;
  readonly runFolder: string;
  /** For `TMPDIR`; short, since BuildKit puts sockets there. */
  readonly temporary: string;
  readonly logFile: string;
  /** The control group of its steps. */
  readonly cgroupParent: string;
  /** Bytes of the disk that garbage collection tries to keep free. */
  readonly minFreeBytes: number;
}

/** What the folders are prepared with. */
export interface PrepareOptions {
  readonly folder: string;
  readonly runFolder: string;
  /** The value of PATH, for `umount`, `ip` and `iptables`. */
  readonly path: string;
  readonly signal: AbortSignal;
}

/**
 * Makes an engine's folders and puts away what an engine of the same folders has left that was killed, or whose
 * server was: processes, steps that still run, mounts, sockets. The cache volume is left as it is.
 */
export async function prepareFolders(options: PrepareOptions): Promise<EngineFolders> {
  const { folder, runFolder } = options;
  const cgroupParent = `/opendepot/${shortName(folder)}`;
  const temporary = path.join(runFolder, "tmp");
  await clearLeftovers(options);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await rm(runFolder, { recursive: true, force: true });
  await mkdir(temporary, { recursive: true, mode: 0o700 });
  const disk = await statfs(folder);
  const minFreeBytes = Math.floor(disk.blocks * disk.bsize * MIN_FREE_SHARE);
  return { folder, runFolder, temporary, cgroupParent, minFreeBytes, logFile: path.join(folder, "engine.log") };
}

/** What an engine's start fails with when the machine refused something: a full disk has a problem of its own. */
export function explainStart(folder: string, error: unknown): unknown {
  if (isProblem(error) && error.code !== "host_command_failed") return error;
  const code = systemCodeOf(error);
  if (code === "ENOSPC" || code === "EDQUOT") return diskFull(folder, error);
  // Anything else that is not the machine's answer is a bug, or an abort, and passes as it is.
  return code !== undefined || isProblem(error) ? engineStartFailed(messageOf(error), { cause: error }) : error;
}

/** The same for an engine that has just ended, within a limit of its own. */
export async function clearAfterEnd(options: Omit<PrepareOptions, "signal">): Promise<void> {
  await clearLeftovers({ ...options, signal: AbortSignal.timeout(CLEAR_MS) });
}

/** Ends whatever still runs, is mounted or is a bridge for these folders. Succeeds when there is nothing. */
export async function clearLeftovers(options: PrepareOptions): Promise<void> {
  const folders = [options.folder, options.runFolder];
  await endLeftoverProcesses(folders, options.signal);
  await killCgroup(`/opendepot/${shortName(options.folder)}`);
  for (const folder of folders) await unmountBelow(folder, options.path, options.signal);
  await removeLeftoverBridge({ name: shortName(options.folder), path: options.path, signal: options.signal });
}
