import { setTimeout as sleep } from "node:timers/promises";
import { readSettings, resolveDataDir } from "../config.ts";
import { readInstanceFile } from "../instance/instance-file.ts";
import { findOwner } from "../instance/lock.ts";
import { isRunning, type ProcessIdentity } from "../instance/process-identity.ts";
import { stopFailed } from "../problems.ts";
import { settingFlags } from "../settings.ts";
import type { ServerCommand } from "./context.ts";

/** `depot-server stop`: ends the server of a data folder. */
export const stopCommand: ServerCommand = {
  name: "stop",
  summary: "Stop the server: it lets its builds end first, for as long as its --drain-timeout",
  flags: [
    { name: "force", short: "f", kind: "switch", summary: "Do not wait for builds" },
    ...settingFlags(["dataDir"]),
  ],
  run: async (invocation, { around, out }) => {
    const dataDir = resolveDataDir(readSettings((name) => invocation.text(name), around.env).dataDir, around);
    const owner = await findOwner(dataDir);
    if (!owner) {
      out(`no server runs on ${dataDir}\n`);
      return 0;
    }
    const drainMs = (await readInstanceFile(dataDir))?.drainTimeoutMs ?? 0;
    await stop(owner, invocation.switch("force") ? 0 : drainMs);
    out(`depot-server (process ${owner.pid}) has stopped\n`);
    return 0;
  },
};

/** For engines and database to end in order, after the builds. */
const CLOSE_MS = 45_000;
/** Between the two signals that mean: at once. */
const SECOND_SIGNAL_MS = 300;
const KILL_MS = 5000;

async function stop(owner: ProcessIdentity, drainMs: number): Promise<void> {
  sendSignal(owner, "SIGTERM");
  if (drainMs === 0 && !(await isGoneWithin(owner, SECOND_SIGNAL_MS))) sendSignal(owner, "SIGTERM");
  if (await isGoneWithin(owner, drainMs + CLOSE_MS)) return;
  sendSignal(owner, "SIGKILL");
  if (!(await isGoneWithin(owner, KILL_MS))) throw stopFailed(owner.pid);
}

async function isGoneWithin(owner: ProcessIdentity, ms: number): Promise<boolean> {
  const until = Date.now() + ms;
  while (await isRunning(owner)) {
    if (Date.now() > until) return false;
    await sleep(50);
  }
  return true;
}

function sendSignal({ pid }: ProcessIdentity, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It ended in this moment, as it should.
  }
}
