import { type ChildProcess, spawn } from "node:child_process";
import { access, mkdir, open, readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Invocation } from "@opendepot/command";
import type { ResolvedServer } from "../config.ts";
import { adminTokenFile } from "../instance/admin-token-file.ts";
import { callControl } from "../instance/control-socket.ts";
import { type InstanceFile, readInstanceFile } from "../instance/instance-file.ts";
import { findOwner } from "../instance/lock.ts";
import { alreadyRunning, startFailed } from "../problems.ts";
import { SETTING_NAMES, SETTINGS } from "../settings.ts";
import type { StatusReport } from "../status-report.ts";
import type { ServerContext } from "./context.ts";
import { showFirstToken } from "./first-token.ts";

/** An engine may have to be installed at the first start. */
const START_TIMEOUT_MS = 900_000;
const LOOK_MS = 50;

/** Starts the server as a process of its own, with a log in its data folder, and returns when it answers. */
export async function startDetached(
  resolved: ResolvedServer,
  invocation: Invocation,
  context: ServerContext,
): Promise<number> {
  const { dataDir } = resolved;
  const owner = await findOwner(dataDir);
  if (owner) throw alreadyRunning(dataDir, owner.pid);
  await mkdir(dataDir, { recursive: true, mode: 0o711 });
  const hadToken = await exists(adminTokenFile(dataDir));
  const logFile = join(dataDir, "server.log");
  await using log = await open(logFile, "a", 0o600);
  const logStart = (await log.stat()).size;
  const child = spawnServer(invocation, context, log.fd);
  const instance = await waitUntilHealthy(child, { dataDir, signal: context.stopping }).catch(
    async (error: unknown) => {
      child.kill("SIGTERM");
      throw startFailed((await lastWords(logFile, logStart)) ?? String(error), logFile);
    },
  );
  child.unref();
  context.out(`depot-server answers at ${instance.url} (process ${instance.pid}, log ${logFile})\n`);
  if (!hadToken && (await exists(adminTokenFile(dataDir)))) await showFirstToken(instance.publicUrl, dataDir, context);
  return 0;
}

function spawnServer(invocation: Invocation, { program, around }: ServerContext, logFd: number): ChildProcess {
  const flags = SETTING_NAMES.flatMap((name) => {
    const value = invocation.text(SETTINGS[name].flag);
    return value === undefined ? [] : [`--${SETTINGS[name].flag}=${value}`];
  });
  return spawn(program.node, [program.main, "start", ...flags], {
    ...{ detached: true, cwd: around.cwd, env: around.env },
    stdio: ["ignore", logFd, logFd],
  });
}

async function waitUntilHealthy(
  child: ChildProcess,
  { dataDir, signal }: { dataDir: string; signal: AbortSignal },
): Promise<InstanceFile> {
  const ended = new AbortController();
  child.once("exit", (code, by) => ended.abort(new Error(`it ended with ${by ?? `exit code ${code}`}`)));
  child.once("error", (error) => ended.abort(error));
  const limit = AbortSignal.any([signal, ended.signal, AbortSignal.timeout(START_TIMEOUT_MS)]);
  for (;;) {
    limit.throwIfAborted();
    const instance = await readInstanceFile(dataDir);
    if (instance?.pid === child.pid && instance && (await isHealthy(instance))) return instance;
    await sleep(LOOK_MS, undefined, { signal: limit }).catch(() => limit.throwIfAborted());
  }
}

/** Over the socket for administration: the port's certificate may be one that this process has no reason to trust. */
async function isHealthy({ controlSocket }: InstanceFile): Promise<boolean> {
  const report = await callControl<StatusReport>(controlSocket, "status").catch(() => undefined);
  return report?.state === "running";
}

/** What the server said itself before it ended, in the form that every command ends with. */
async function lastWords(logFile: string, from: number): Promise<string | undefined> {
  const text = (await readFile(logFile)).subarray(from).toString("utf8");
  return text.match(/^error: (.+(?:\nhint: .+)?)$/m)?.[1]?.replace("\nhint: ", "; ");
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
