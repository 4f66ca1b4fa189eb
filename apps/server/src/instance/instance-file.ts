import { readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** Where a running server is found: `server.json` in its data folder. It holds no secret. */
export interface InstanceFile {
  readonly pid: number;
  readonly version: string;
  readonly startedAt: string;
  /** Where the API answers on this machine, as `http://host:port`. */
  readonly url: string;
  readonly publicUrl: string;
  /** The gateway as clients are told: `tcp://host:port`. */
  readonly gateway: string;
  /** The socket for administration, reachable by the server's own user only. */
  readonly controlSocket: string;
  readonly drainTimeoutMs: number;
}

/** Writes the file whole or not at all. Disposing removes it. */
export async function writeInstanceFile(dataDir: string, instance: InstanceFile): Promise<AsyncDisposable> {
  const file = fileOf(dataDir);
  await writeFile(`${file}.new`, `${JSON.stringify(instance, undefined, 2)}\n`, { mode: 0o600 });
  await rename(`${file}.new`, file);
  return { [Symbol.asyncDispose]: () => rm(file, { force: true }) };
}

/** The file as the last server that started wrote it; undefined when there is none. */
export async function readInstanceFile(dataDir: string): Promise<InstanceFile | undefined> {
  const text = await readFile(fileOf(dataDir), "utf8").catch(() => undefined);
  return text === undefined ? undefined : (JSON.parse(text) as InstanceFile);
}

function fileOf(dataDir: string): string {
  return join(dataDir, "server.json");
}
