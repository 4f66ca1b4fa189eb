import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { silentLogger } from "@opendepot/base";
import {
  clearLeftovers,
  type Engine,
  type EngineKind,
  findEngine,
  findExecutable,
  makeRunFolder,
  packagesUnavailable,
} from "@opendepot/builder";
import type { Endpoint } from "@opendepot/buildkit";
import { cacheFolder } from "./cache-folder.ts";

const INSTALL_MS = 10 * 60_000;
const START_MS = 60_000;

/** What a test engine is started with. */
export interface TestEngineOptions {
  /** Default: the first of {@link testEngineKinds}. */
  readonly kind?: EngineKind | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A real engine of a test's own, with an empty cache. Disposing stops it and removes its folder. */
export interface TestEngine extends AsyncDisposable {
  readonly kind: EngineKind;
  readonly endpoint: Endpoint;
  /** Its folder, which holds cache and log. */
  readonly folder: string;
  /** Kills the engine the hard way, as if it had crashed. */
  kill(): Promise<void>;
}

/**
 * The kinds of engine that tests run on here: those that `DEPOT_TEST_ENGINES` names (comma separated), or else all
 * that are on the PATH or can be installed for tests. Never empty where an engine can be had.
 *
 * @throws {Error} on a kind that does not exist
 */
export async function testEngineKinds(): Promise<readonly EngineKind[]> {
  const chosen = process.env["DEPOT_TEST_ENGINES"];
  if (chosen) return chosen.split(",").map((kind) => parseKind(kind.trim()));
  const searchPath = process.env["PATH"] ?? "";
  const kinds: EngineKind[] = [];
  if (await findExecutable("buildkitd", searchPath)) kinds.push("buildkitd");
  const isInstallable = (await packagesUnavailable(searchPath)) === undefined;
  if (isInstallable || (await findExecutable("dockerd", searchPath))) kinds.push("dockerd");
  return kinds;
}

/**
 * Makes sure that the engines of {@link testEngineKinds} are there, so that no test has to wait for an installation, and
 * puts their tools at the end of this process's PATH, for the test processes to come.
 *
 * @throws {Problem} `engine_missing`, `engine_install_failed`
 */
export async function prepareTestEngines(onLine: (line: string) => void): Promise<readonly EngineKind[]> {
  const kinds = await testEngineKinds();
  for (const kind of kinds) await findTestEngine(kind, AbortSignal.timeout(INSTALL_MS), onLine);
  // What was installed beside the engines, such as runc, would otherwise be installed again for each server under test.
  process.env["PATH"] = `${process.env["PATH"]}${path.delimiter}${path.join(cacheFolder, "engine/tools/bin")}`;
  return kinds;
}

/**
 * Starts a real engine. The test disposes of it.
 *
 * @throws {Problem} `engine_missing`, `engine_install_failed`, `engine_start_failed`
 */
export async function startTestEngine(options: TestEngineOptions = {}): Promise<TestEngine> {
  await using cleanup = new AsyncDisposableStack();
  const [first] = await testEngineKinds();
  const kind = options.kind ?? first ?? "buildkitd";
  const engine = await findTestEngine(kind, options.signal ?? AbortSignal.timeout(INSTALL_MS));
  const folder = await mkdtemp(path.join(tmpdir(), "od-engine-"));
  cleanup.defer(() => rm(folder, { recursive: true, force: true }));
  const runFolder = await makeRunFolder({ folder, preferred: path.join(folder, "run") });
  cleanup.defer(() => rm(runFolder, { recursive: true, force: true }));
  // An engine that was killed leaves mounts and steps behind, which keep its folder busy.
  const searchPath = process.env["PATH"] ?? "";
  cleanup.defer(() => clearLeftovers({ folder, runFolder, path: searchPath, signal: AbortSignal.timeout(START_MS) }));
  const running = await engine.start({
    folder,
    runFolder,
    cachePolicy: { keepBytes: 10 * 1024 ** 3, keepDays: 0 },
    signal: options.signal ?? AbortSignal.timeout(START_MS),
  });
  cleanup.use(running);
  const owned = cleanup.move();
  return {
    kind,
    endpoint: running.endpoint,
    folder,
    kill: async () => {
      process.kill(running.pid, "SIGKILL");
      await running.died;
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/**
 * Path of the program of an engine for tests, installed first if need be, for processes that take it as a setting.
 *
 * @throws {Problem} `engine_missing`, `engine_install_failed`
 */
export async function testEngineProgram(kind: EngineKind): Promise<string> {
  return (await findTestEngine(kind, AbortSignal.timeout(INSTALL_MS))).command;
}

async function findTestEngine(
  kind: EngineKind,
  signal: AbortSignal,
  onProgress?: (message: string) => void,
): Promise<Engine> {
  return findEngine({
    kind,
    path: process.env["PATH"] ?? "",
    env: process.env,
    installFolder: path.join(cacheFolder, "engine"),
    install: true,
    logger: silentLogger,
    onProgress,
    signal,
  });
}

function parseKind(text: string): EngineKind {
  if (text === "buildkitd" || text === "dockerd") return text;
  throw new Error(`DEPOT_TEST_ENGINES: no such engine: ${JSON.stringify(text)}; there are buildkitd and dockerd`);
}
