import { setTimeout as sleep } from "node:timers/promises";
import { findProcessesOf, signalProcess } from "../host/process-table.ts";

/** In the order in which they are ended: those that look after others first. */
const PROGRAMS: readonly (readonly string[])[] = [
  ["buildkitd", "dockerd"],
  ["containerd"],
  ["containerd-shim-runc-v2", "docker-proxy", "runc", "buildkit-runc", "crun"],
];

const GRACE_MS = 3_000;
const PAUSE_MS = 25;

/**
 * Ends the engines that still run in `folders`: SIGTERM, then SIGKILL. Only processes that run an engine's program
 * with one of the folders among their arguments are touched.
 */
export async function endLeftoverProcesses(folders: readonly string[], signal: AbortSignal): Promise<void> {
  if ((await findProcessesOf(PROGRAMS.flat(), folders)).length === 0) return;
  for (const programs of PROGRAMS) {
    const deadline = Date.now() + GRACE_MS;
    let left = await findProcessesOf(programs, folders);
    for (const process of left) await signalProcess(process, "SIGTERM");
    while (left.length > 0 && Date.now() < 2 * GRACE_MS + deadline) {
      await sleep(PAUSE_MS, undefined, { signal }).catch(() => signal.throwIfAborted());
      left = await findProcessesOf(programs, folders);
      if (Date.now() > deadline) for (const process of left) await signalProcess(process, "SIGKILL");
    }
  }
}
