import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import { tmpdir } from "node:os";
import path from "node:path";
import type { EngineKind } from "@opendepot/builder";
import { testEngineProgram } from "./engine.ts";

const repository = path.join(import.meta.dirname, "../../..");
const START_LIMIT_MS = 120_000;

/** What a test server is started with. */
export interface TestServerOptions {
  /** The engine of its builders. */
  readonly engine: EngineKind;
  /** A data folder of the test's own, to start again on what an earlier server left. Default: a new one, removed afterwards. */
  readonly dataDir?: string | undefined;
  /** More flags of `depot-server start`. */
  readonly flags?: readonly string[] | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A real `depot-server` process. Disposing stops it in the graceful way. */
export interface TestServer extends AsyncDisposable {
  readonly url: string;
  readonly dataDir: string;
  /** The administrator's token. */
  readonly token: string;
  readonly pid: number;
  /** What the process has written so far. */
  output(): string;
  /** Kills it the hard way; resolves when it is gone. */
  kill(): Promise<void>;
}

/**
 * Starts the server's own executable on free ports of the loopback, and waits until it is ready.
 *
 * @throws {Error} with its output when it ends before
 */
export async function startTestServer(options: TestServerOptions): Promise<TestServer> {
  await using cleanup = new AsyncDisposableStack();
  const dataDir = options.dataDir ?? (await mkdtemp(path.join(tmpdir(), "od-server-")));
  if (options.dataDir === undefined) cleanup.defer(() => rm(dataDir, { recursive: true, force: true }));
  const args = [
    ...["start", "--data-dir", dataDir, "--listen", "127.0.0.1:0", "--gateway-listen", "127.0.0.1:0"],
    ...["--engine", await testEngineProgram(options.engine), ...(options.flags ?? [])],
  ];
  const executable = path.join(repository, "apps/server/bin/depot-server.js");
  const child = spawn(process.execPath, [executable, ...args], { stdio: ["ignore", "pipe", "pipe"] });
  const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      output = (output + text).slice(-1_000_000);
    });
  }
  cleanup.defer(() => stop(child, exited));
  const instance = await waitUntilReady(child, path.join(dataDir, "server.json"), () => output, options.signal);
  const token = (await readFile(path.join(dataDir, "admin-token"), "utf8")).trim();
  const owned = cleanup.move();
  return {
    ...instance,
    dataDir,
    token,
    output: () => output,
    kill: async () => {
      child.kill("SIGKILL");
      await exited;
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

async function stop(child: ChildProcess, exited: Promise<void>): Promise<void> {
  child.kill("SIGTERM");
  const force = setTimeout(() => child.kill("SIGKILL"), 30_000);
  await exited;
  clearTimeout(force);
}

/** Waits for the file in which a server tells its addresses, written by this very process. */
async function waitUntilReady(
  child: ChildProcess,
  file: string,
  output: () => string,
  signal = AbortSignal.timeout(START_LIMIT_MS),
): Promise<{ readonly url: string; readonly pid: number }> {
  for (;;) {
    if (child.exitCode !== null) throw new Error(`depot-server ended with ${child.exitCode}:\n${output()}`);
    if (signal.aborted) throw new Error(`depot-server is not ready:\n${output()}`, { cause: signal.reason });
    const instance = await readFile(file, "utf8").then(JSON.parse, () => undefined);
    if (instance?.pid === child.pid && (await isHealthy(instance.publicUrl))) {
      return { url: instance.publicUrl, pid: instance.pid };
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function isHealthy(publicUrl: string): Promise<boolean> {
  const url = new URL("/healthz", publicUrl);
  const { promise, resolve } = Promise.withResolvers<boolean>();
  // Its own authority is made by this very start, and nobody here is deceived.
  const request = url.protocol === "https:" ? requestHttps(url, { rejectUnauthorized: false }) : requestHttp(url);
  request.once("error", () => resolve(false));
  request.once("response", (response) => {
    response.resume().once("end", () => resolve(response.statusCode === 200));
  });
  request.end();
  return await promise;
}
