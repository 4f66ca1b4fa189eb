import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import type { Logger } from "@opendepot/base";
import type { Endpoint } from "@opendepot/buildkit";
import { shortName } from "../host/run-folder.ts";
import { type Bridge, makeBridge } from "../network/bridge.ts";
import { buildkitdToml, cniConflist } from "./buildkitd-config.ts";
import type { Engine, EngineStart, RunningEngine } from "./engine.ts";
import { clearAfterEnd, explainStart, prepareFolders } from "./engine-folders.ts";
import { EngineLog } from "./engine-log.ts";
import { startEngineProcess } from "./engine-process.ts";
import { engineEnvironment } from "./environment.ts";
import { probeBuildkit } from "./probe.ts";
import { waitUntilReady } from "./readiness.ts";
import { prepareRegistries, secretsOf } from "./registries.ts";
import { superviseEngine } from "./supervise.ts";

const START_MS = 60_000;

/** What a buildkitd of this machine needs to run. */
export interface BuildkitdOptions {
  /** Absolute path of buildkitd. */
  readonly command: string;
  readonly version: string;
  readonly warnings: readonly string[];
  /** Compressions of layers on which it would crash. */
  readonly unsafeCompressions: readonly string[];
  /** Absolute path of runc or a program that takes its place. */
  readonly runtime: string;
  /** Folder of the CNI plugins; without one, `RUN` steps share the machine's network. */
  readonly pluginFolder: string | undefined;
  /** The value of PATH for its child processes. */
  readonly path: string;
  /** The environment to pass on from; see `engineEnvironment`. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly logger: Logger;
}

/** The `buildkitd` engine. */
export function buildkitdEngine(options: BuildkitdOptions): Engine {
  return {
    kind: "buildkitd",
    command: options.command,
    version: options.version,
    warnings: options.warnings,
    start: async (start) => {
      try {
        return await startBuildkitd(options, start);
      } catch (error) {
        start.signal.throwIfAborted();
        throw explainStart(start.folder, error);
      }
    },
  };
}

async function startBuildkitd(options: BuildkitdOptions, start: EngineStart): Promise<RunningEngine> {
  await using cleanup = new AsyncDisposableStack();
  const folders = await prepareFolders({ ...start, path: options.path });
  const network = await openNetwork(options, start);
  if (network) cleanup.defer(() => network.bridge.remove());
  const [root, socket] = [path.join(start.folder, "buildkitd"), path.join(start.runFolder, "buildkitd.sock")];
  await mkdir(root, { recursive: true, mode: 0o700 });
  const configFile = path.join(start.runFolder, "buildkitd.toml");
  const plugins = network?.plugins;
  const ways = await prepareRegistries(start.registries, path.join(start.runFolder, "registries"));
  const toml = buildkitdToml({ ...options, ...start, ...folders, root, socket, plugins, ways });
  await writeFile(configFile, toml, { mode: 0o600 });
  const log = new EngineLog(folders.logFile, { secrets: secretsOf(start.registries) });
  const env = engineEnvironment(options.env, { PATH: options.path, HOME: start.folder, TMPDIR: folders.temporary });
  const daemon = await startEngineProcess({ command: options.command, args: ["--config", configFile], env, log });
  cleanup.defer(() => daemon.stop(0));
  const endpoint: Endpoint = { kind: "unix", path: socket };
  const told = await waitUntilReady({
    probe: (signal) => probeBuildkit(endpoint, signal),
    processes: [daemon],
    log,
    timeoutMs: START_MS,
    signal: start.signal,
  });
  cleanup.move();
  const buildkit = told === "unknown" && options.version !== "unknown" ? `v${options.version}` : told;
  return superviseEngine({
    endpoint,
    version: {
      kind: "buildkitd",
      buildkit,
      program: options.version,
      unsafeCompressions: options.unsafeCompressions,
    },
    processes: [daemon],
    log,
    afterwards: () => clearAfterEnd({ ...start, path: options.path }),
  });
}

/** The bridge of an engine's steps, and how the engine is told of it. */
interface StepNetwork {
  readonly bridge: Bridge;
  readonly plugins: { readonly folder: string; readonly configFile: string };
}

async function openNetwork(options: BuildkitdOptions, start: EngineStart): Promise<StepNetwork | undefined> {
  if (!options.pluginFolder) return undefined;
  const bridge = await makeBridge({ name: shortName(start.folder), path: options.path, signal: start.signal });
  if (bridge.warning) options.logger.warn("a builder has no network", { folder: start.folder, reason: bridge.warning });
  const configFile = path.join(start.runFolder, "network.conflist");
  const { name, subnet } = bridge;
  await writeFile(configFile, cniConflist({ bridge: name, subnet, runFolder: start.runFolder }));
  return { bridge, plugins: { folder: options.pluginFolder, configFile } };
}
