import { writeFile } from "node:fs/promises";
import path from "node:path";
import type { Logger } from "@opendepot/base";
import type { Endpoint } from "@opendepot/buildkit";
import { shortName } from "../host/run-folder.ts";
import { type Bridge, makeBridge } from "../network/bridge.ts";
import { withRegistries } from "./docker-certs.ts";
import { containerdToml, daemonJson } from "./dockerd-config.ts";
import type { Engine, EngineStart, RunningEngine } from "./engine.ts";
import { clearAfterEnd, type EngineFolders, explainStart, prepareFolders } from "./engine-folders.ts";
import { EngineLog } from "./engine-log.ts";
import { type EngineProcess, startEngineProcess } from "./engine-process.ts";
import { engineEnvironment } from "./environment.ts";
import { probeBuildkit, probeSocket } from "./probe.ts";
import { waitUntilReady } from "./readiness.ts";
import { secretsOf } from "./registries.ts";
import { superviseEngine } from "./supervise.ts";

const START_MS = 60_000;

/** What a private Docker Engine needs to run. */
export interface DockerdOptions {
  /** Absolute path of dockerd. */
  readonly command: string;
  /** Absolute path of the containerd that goes with it. */
  readonly containerd: string;
  readonly version: string;
  readonly warnings: readonly string[];
  /** Compressions of layers on which it would crash. */
  readonly unsafeCompressions: readonly string[];
  /** The value of PATH for its child processes; `runc`, `ip` and `iptables` are looked for there. */
  readonly path: string;
  /** The environment to pass on from; see `engineEnvironment`. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly logger: Logger;
}

/**
 * The Docker Engine as a builder's own: its processes, folders, sockets and bridge are apart from those of the
 * machine's Docker Engine and of every other builder's.
 */
export function dockerdEngine(options: DockerdOptions): Engine {
  return {
    kind: "dockerd",
    command: options.command,
    version: options.version,
    warnings: options.warnings,
    start: async (start) => {
      try {
        return await startDockerd(options, start);
      } catch (error) {
        start.signal.throwIfAborted();
        throw explainStart(start.folder, error);
      }
    },
  };
}

async function startDockerd(options: DockerdOptions, start: EngineStart): Promise<RunningEngine> {
  await using cleanup = new AsyncDisposableStack();
  const { signal } = start;
  const folders = await prepareFolders({ ...start, path: options.path });
  const bridge = await makeBridge({ name: shortName(start.folder), path: options.path, signal });
  cleanup.defer(() => bridge.remove());
  if (bridge.warning) options.logger.warn("a builder has no network", { folder: start.folder, reason: bridge.warning });
  const log = new EngineLog(folders.logFile, { secrets: secretsOf(start.registries) });
  const containerd = await startContainerd({ options, folders, log, signal });
  cleanup.defer(() => containerd.stop(0));
  const daemon = await startDaemon({ options, folders, log, signal }, { bridge, start });
  cleanup.defer(() => daemon.stop(0));
  const endpoint: Endpoint = { kind: "docker", path: socketOf(folders) };
  const buildkit = await waitUntilReady({
    probe: (limited) => probeBuildkit(endpoint, limited),
    processes: [daemon, containerd],
    log,
    timeoutMs: START_MS,
    signal,
  });
  cleanup.move();
  return superviseEngine({
    endpoint,
    version: {
      kind: "dockerd",
      buildkit,
      program: options.version,
      unsafeCompressions: options.unsafeCompressions,
    },
    processes: [daemon, containerd],
    log,
    afterwards: () => clearAfterEnd({ ...start, path: options.path }),
  });
}

/** What both processes are started with. */
interface Parts {
  readonly options: DockerdOptions;
  readonly folders: EngineFolders;
  readonly log: EngineLog;
  readonly signal: AbortSignal;
}

async function startContainerd({ options, folders, log, signal }: Parts): Promise<EngineProcess> {
  const configFile = path.join(folders.runFolder, "containerd.toml");
  const containerdSocket = containerdSocketOf(folders);
  await writeFile(configFile, containerdToml({ ...folders, containerdSocket }));
  const env = environmentOf(options, folders);
  const process = await startEngineProcess({ command: options.containerd, args: ["--config", configFile], env, log });
  try {
    const probe = (limited: AbortSignal): Promise<void> => probeSocket(containerdSocket, limited);
    await waitUntilReady({ probe, processes: [process], log, timeoutMs: START_MS, signal });
    return process;
  } catch (error) {
    await process.stop(0);
    throw error;
  }
}

async function startDaemon(parts: Parts, more: { bridge: Bridge; start: EngineStart }): Promise<EngineProcess> {
  const { options, folders, log } = parts;
  const configFile = path.join(folders.runFolder, "daemon.json");
  const settings = daemonJson({
    ...folders,
    socket: socketOf(folders),
    containerdSocket: containerdSocketOf(folders),
    bridge: more.bridge.name,
    cachePolicy: more.start.cachePolicy,
  });
  await writeFile(configFile, settings);
  const env = environmentOf(options, folders);
  const given = { command: options.command, args: ["--config-file", configFile] };
  const { path: searchPath, logger } = options;
  return startEngineProcess({ ...(await withRegistries(more.start, given, { searchPath, logger })), env, log });
}

function socketOf(folders: EngineFolders): string {
  return path.join(folders.runFolder, "docker.sock");
}

function containerdSocketOf(folders: EngineFolders): string {
  return path.join(folders.runFolder, "containerd.sock");
}

function environmentOf(options: DockerdOptions, folders: EngineFolders): Record<string, string> {
  return engineEnvironment(options.env, { PATH: options.path, HOME: folders.folder, TMPDIR: folders.temporary });
}
