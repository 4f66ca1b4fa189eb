import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { clearLeftovers, makeRunFolder } from "@opendepot/builder";
import { startDaemon, TailLog } from "./daemon.ts";
import { testEngineProgram } from "./engine.ts";
import { type ProgramOptions, type ProgramOutcome, runProgram } from "./run-program.ts";
import { prepareTestTools } from "./tools.ts";

const CLEAR_MS = 60_000;

/** A Docker as users have it beside them. Disposing stops it and removes everything of it. */
export interface TestDockerd extends AsyncDisposable {
  readonly store: "containerd" | "graphdriver";
  /** Path of its socket. */
  readonly socket: string;
  /** Path of the socket of the containerd beneath it. */
  readonly containerdSocket: string;
  /** `unix://…`, for `DOCKER_HOST`. */
  readonly host: string;
  /** For `DOCKER_CONFIG`; empty but for the plugins `buildx` and `compose`. */
  readonly configFolder: string;
  /** The end of what it has logged. */
  log(): string;
  /** Runs `docker …` against it. */
  docker(args: readonly string[], options?: ProgramOptions): Promise<ProgramOutcome>;
}

/** What a test's Docker is started with. */
export interface TestDockerdOptions {
  /** Where it keeps images. */
  readonly store: "containerd" | "graphdriver";
  /** Gives it a network of its own, in which this machine's loopback cannot be reached: as in a virtual machine. */
  readonly isApart?: boolean | undefined;
}

/**
 * Starts a private Docker Engine that plays the user's local one. Needs root. Its containers have no network other than
 * `--network none` and `host`, so that it leaves the machine's alone.
 *
 * @throws {Problem} `engine_missing`, `engine_install_failed`
 */
export async function startDockerd({ store, isApart = false }: TestDockerdOptions): Promise<TestDockerd> {
  const dockerd = await testEngineProgram("dockerd");
  const { docker, buildx, compose } = await prepareTestTools();
  await using cleanup = new AsyncDisposableStack();
  const folder = await mkdtemp(path.join(tmpdir(), "od-docker-"));
  cleanup.defer(() => rm(folder, { recursive: true, force: true }));
  const runFolder = await makeRunFolder({ folder, preferred: path.join(folder, "run") });
  cleanup.defer(() => rm(runFolder, { recursive: true, force: true }));
  const searchPath = pathBeside(dockerd);
  cleanup.defer(() => clearLeftovers({ folder, runFolder, path: searchPath, signal: AbortSignal.timeout(CLEAR_MS) }));
  const env = { PATH: searchPath, HOME: folder, TMPDIR: folder };
  const log = new TailLog();

  const containerdSocket = path.join(runFolder, "containerd.sock");
  const containerdConfig = path.join(folder, "containerd.toml");
  await writeFile(containerdConfig, containerdToml(folder, runFolder));
  const containerd = [path.join(path.dirname(dockerd), "containerd"), "--config", containerdConfig];
  cleanup.use(await startDaemon(containerd, { env, log, socket: containerdSocket }));

  const socket = path.join(runFolder, "docker.sock");
  const settings = path.join(folder, "daemon.json");
  await writeFile(settings, daemonJson({ folder, runFolder, socket, containerdSocket, store }));
  const daemon = [...(isApart ? ["unshare", "--net"] : []), dockerd, "--config-file", settings];
  cleanup.use(await startDaemon(daemon, { env, log, socket }));

  const configFolder = await makeConfigFolder(folder, { "docker-buildx": buildx, "docker-compose": compose });
  const host = `unix://${socket}`;
  const owned = cleanup.move();
  return {
    store,
    socket,
    containerdSocket,
    host,
    configFolder,
    log: () => log.text,
    docker: (args, options) => {
      const environment = { ...process.env, DOCKER_HOST: host, DOCKER_CONFIG: configFolder, ...options?.env };
      return runProgram([docker, ...args], { ...options, env: environment });
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** The engine's own programs, those of the machine, and the tools that were installed beside the engine. */
function pathBeside(dockerd: string): string {
  const beside = path.dirname(dockerd);
  const tools = path.resolve(beside, "../../tools/bin");
  return [beside, process.env["PATH"] ?? "", "/usr/sbin", "/sbin", tools].join(path.delimiter);
}

interface DaemonSettings {
  readonly folder: string;
  readonly runFolder: string;
  readonly socket: string;
  readonly containerdSocket: string;
  readonly store: "containerd" | "graphdriver";
}

function daemonJson({ folder, runFolder, socket, containerdSocket, store }: DaemonSettings): string {
  return JSON.stringify({
    "data-root": `${folder}/docker`,
    "exec-root": `${runFolder}/docker`,
    pidfile: `${runFolder}/docker.pid`,
    hosts: [`unix://${socket}`],
    group: "0",
    containerd: containerdSocket,
    features: { "containerd-snapshotter": store === "containerd", cdi: false },
    bridge: "none",
    iptables: false,
    ip6tables: false,
    "ip-forward": false,
    "userland-proxy": false,
    "exec-opts": ["native.cgroupdriver=cgroupfs"],
    "cgroup-parent": `/opendepot-test/${path.basename(folder)}`,
  });
}

/** Plugins that reach outside the folders given, or for which there is no use. */
const DISABLED_PLUGINS = [
  "io.containerd.grpc.v1.cri",
  "io.containerd.cri.v1.images",
  "io.containerd.cri.v1.runtime",
  "io.containerd.internal.v1.opt",
  "io.containerd.nri.v1.nri",
];

function containerdToml(folder: string, runFolder: string): string {
  const lines = [
    "version = 2",
    `root = ${JSON.stringify(`${folder}/containerd`)}`,
    `state = ${JSON.stringify(`${runFolder}/containerd`)}`,
    `disabled_plugins = ${JSON.stringify(DISABLED_PLUGINS)}`,
    "[grpc]",
    `address = ${JSON.stringify(path.join(runFolder, "containerd.sock"))}`,
  ];
  return `${lines.join("\n")}\n`;
}

async function makeConfigFolder(folder: string, plugins: Readonly<Record<string, string>>): Promise<string> {
  const configFolder = path.join(folder, "config");
  await mkdir(path.join(configFolder, "cli-plugins"), { recursive: true });
  for (const [name, target] of Object.entries(plugins)) {
    const script = `#!/bin/sh\nexec "${target}" "$@"\n`;
    await writeFile(path.join(configFolder, "cli-plugins", name), script, { mode: 0o755 });
  }
  return configFolder;
}
