import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { abortable, type Logger, messageOf } from "@opendepot/base";
import type { Binaries } from "./binaries.ts";
import type { ResolvedOptions } from "./options.ts";
import { startFailed } from "./problems.ts";
import type { OsUser } from "./run-program.ts";
import { asUser, plainEnvironment } from "./run-program.ts";
import { ServerLog } from "./server-log.ts";
import { serverArguments } from "./server-settings.ts";

const killLimitMs = 5_000;
const lastWordsMs = 500;

/** What {@link spawnServer} starts. */
export interface SpawnServerOptions {
  readonly options: ResolvedOptions;
  readonly clusterDir: string;
  readonly binaries: Binaries;
  readonly user: OsUser | undefined;
  /** The pid in a leftover `postmaster.pid` that is known to be no server's. */
  readonly stalePid: number | undefined;
  /** Called with each line of its log. */
  readonly onLine: (line: string) => void;
}

/** A `postgres` process. Disposing stops it: orderly, then at once, then by force. */
export interface ServerProcess extends AsyncDisposable {
  readonly pid: number;
  /** How it ended, as in `ended with 1`; never rejects. */
  readonly ended: Promise<string>;
  /** The last lines of its log, oldest first. */
  lastLines(): readonly string[];
}

/**
 * Starts `postgres` in its cluster folder. It need not be ready yet.
 *
 * @throws {Problem} `postgres_start_failed` when the program cannot be started
 */
export async function spawnServer(start: SpawnServerOptions): Promise<ServerProcess> {
  const { options, clusterDir, binaries } = start;
  const log = new ServerLog({ path: join(options.dataDir, "postgres.log"), onLine: start.onLine });
  const args = serverArguments({ clusterDir, major: binaries.major, settings: options.settings });
  const child = spawn(join(binaries.dir, "postgres"), args, {
    ...asUser(start.user),
    cwd: clusterDir,
    env: { ...plainEnvironment, ...ignoring(start.stalePid) },
    // An interrupt from the terminal is for us alone: we stop the server after its last client.
    detached: true,
    stdio: ["ignore", "ignore", "pipe"],
  });
  child.stderr.setEncoding("utf8").on("data", (piece: string) => log.write(piece));
  const ended = endOf(child).finally(() => log[Symbol.dispose]());
  try {
    await once(child, "spawn");
  } catch (error) {
    throw startFailed("postgres", `could not be started (${messageOf(error)})`, { cause: error });
  }
  return {
    pid: child.pid ?? 0,
    ended,
    lastLines: () => log.lastLines(),
    [Symbol.asyncDispose]: () => stop(child, ended, options),
  };
}

/**
 * PostgreSQL takes the pid in a leftover `postmaster.pid` for a server's when a process of the same user has it,
 * except for the one named here (CreateLockFile in src/backend/utils/init/miscinit.c). Its check of the shared
 * memory stays in force, which removing the file would switch off.
 */
function ignoring(stalePid: number | undefined): Record<string, string> {
  return stalePid === undefined ? {} : { PG_GRANDPARENT_PID: String(stalePid) };
}

/** Waits for the last lines of the log as well, but not for a straggler that keeps it open. */
async function endOf(child: ChildProcess): Promise<string> {
  const closed = Promise.withResolvers<void>();
  child.once("close", () => closed.resolve());
  const exited = Promise.withResolvers<string>();
  child.once("error", (error) => exited.resolve(`could not be started (${messageOf(error)})`));
  child.once("exit", (code, signal) => exited.resolve(signal ? `was killed by ${signal}` : `ended with ${code}`));
  const how = await exited.promise;
  await abortable(closed.promise, AbortSignal.timeout(lastWordsMs)).catch(() => undefined);
  child.stderr?.destroy();
  return how;
}

async function stop(child: ChildProcess, ended: Promise<string>, options: ResolvedOptions): Promise<void> {
  const steps = [
    ["SIGINT", options.stopTimeoutMs],
    ["SIGQUIT", killLimitMs],
    ["SIGKILL", killLimitMs],
  ] as const;
  for (const [name, limitMs] of steps) {
    if (child.exitCode === null && child.signalCode === null) child.kill(name);
    if (await isOverWithin(limitMs, ended)) return;
    options.logger.warn("PostgreSQL did not stop in time", { signal: name, limitMs });
  }
}

async function isOverWithin(limitMs: number, ended: Promise<string>): Promise<boolean> {
  try {
    await abortable(ended, AbortSignal.timeout(limitMs));
    return true;
  } catch {
    return false;
  }
}

const important = /\b(?:WARNING|FATAL|PANIC): /;
const expected =
  /terminating connection due to administrator command|the database system is (?:starting up|shutting down)/;

/** Passes a line of the server's log on: to be seen when an operator might want to act on it. */
export function reportLine(logger: Logger, line: string): void {
  if (important.test(line) && !expected.test(line)) logger.warn("PostgreSQL reports a problem", { line });
  else logger.debug("PostgreSQL", { line });
}
