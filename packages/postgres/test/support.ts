import { execFile, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, statfsSync } from "node:fs";
import { chmod, mkdtemp, readdir, readlink, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import pg from "pg";
import { type ManagedPostgres, startManagedPostgres } from "../src/index.ts";

/** Whether the tests that need another user's rights can run. */
export const isRoot: boolean = process.getuid?.() === 0;

/** Whether a user without any rights can run our code: not where it lies below a folder like `/root`. */
export function canRunAs(uid: number): boolean {
  const script = join(import.meta.dirname, "owner-process.ts");
  const options = { stdio: "ignore", cwd: "/", uid, gid: uid } as const;
  return isRoot && spawnSync(process.execPath, ["--check", script], options).status === 0;
}

/** A folder that is removed at the end. */
export interface TestFolder extends AsyncDisposable {
  readonly path: string;
}

/** In memory where there is room: making the thousand files of a database is some ten times faster there. */
const parent = freeBytes("/dev/shm") > 1024 ** 3 ? "/dev/shm" : tmpdir();

function freeBytes(path: string): number {
  if (!existsSync(path)) return 0;
  const { bavail, bsize } = statfsSync(path);
  return bavail * bsize;
}

/** An empty folder that everybody may pass through. */
export async function testFolder(): Promise<TestFolder> {
  const path = await mkdtemp(join(parent, "opendepot-postgres-"));
  await chmod(path, 0o711);
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true, maxRetries: 3 }) };
}

let template: Promise<string> | undefined;

/** A data folder inside `within` as a first start and a stop leave it, which saves making a new one each time. */
export async function usedDataDir(within: string): Promise<string> {
  template ??= makeTemplate();
  const dataDir = join(within, "data");
  await promisify(execFile)("cp", ["-a", await template, dataDir]);
  return dataDir;
}

async function makeTemplate(): Promise<string> {
  const path = await mkdtemp(join(parent, "opendepot-postgres-template-"));
  process.once("exit", () => void spawn("rm", ["-rf", path], { stdio: "ignore", detached: true }).unref());
  await using _postgres = await startManagedPostgres({ dataDir: path, settings: { fsync: "off" } });
  return path;
}

/** Runs one statement on a connection of its own. */
export async function query(at: Pick<ManagedPostgres, "connectionString">, text: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: at.connectionString });
  client.on("error", () => undefined); // the server may be killed by the test
  await client.connect();
  try {
    return (await client.query({ text, rowMode: "array" })).rows.flat();
  } finally {
    await client.end();
  }
}

/** What {@link startOwnerProcess} gives back; disposing kills it, as `kill -9` does. */
export interface OwnerProcess extends AsyncDisposable {
  readonly pid: number;
  readonly server: { readonly pid: number; readonly connectionString: string };
}

/** Starts the server from another Node.js process. */
export async function startOwnerProcess(
  dataDir: string,
  options: { readonly withoutWatchdog?: boolean; readonly uid?: number } = {},
): Promise<OwnerProcess> {
  const script = join(import.meta.dirname, "owner-process.ts");
  const child = spawn(process.execPath, [script, dataDir, ...(options.withoutWatchdog ? ["without-watchdog"] : [])], {
    stdio: ["ignore", "pipe", "inherit"],
    ...(options.uid === undefined ? {} : { uid: options.uid, gid: options.uid }),
  });
  const closed = once(child, "close");
  for await (const line of createInterface(child.stdout)) {
    const kill = async (): Promise<void> => {
      child.kill("SIGKILL");
      await closed;
    };
    return { pid: child.pid ?? 0, server: JSON.parse(line), [Symbol.asyncDispose]: kill };
  }
  throw new Error("the process ended before its server was up");
}

/** Resolves when `isTrue` says so; fails after `limitMs`. */
export async function eventually(isTrue: () => boolean | Promise<boolean>, limitMs = 10_000): Promise<void> {
  const deadline = performance.now() + limitMs;
  while (!(await isTrue())) {
    if (performance.now() > deadline) throw new Error(`still not so after ${limitMs} ms: ${isTrue}`);
    await sleep(10);
  }
}

/** Pids of the processes that stand in `folder` or below it: servers and programs at work there. */
export async function processesIn(folder: string): Promise<number[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const inside = await Promise.all(
    pids.map(async (pid) => (await readlink(`/proc/${pid}/cwd`).catch(() => "")).startsWith(folder)),
  );
  return pids.filter((_, index) => inside[index]).map(Number);
}
