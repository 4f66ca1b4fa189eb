import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { clearLeftovers, makeRunFolder } from "@opendepot/builder";
import { cacheFolder } from "./cache-folder.ts";
import { startDaemon, TailLog } from "./daemon.ts";
import { testEngineProgram } from "./engine.ts";

const CLEAR_MS = 60_000;

/** A buildkitd that fetches of an estargz image only what is read. Disposing stops it and removes everything of it. */
export interface LazyBuildkitd extends AsyncDisposable {
  /** `unix://…` */
  readonly address: string;
  /** The end of what it has logged. */
  log(): string;
}

/** What a {@link LazyBuildkitd} is started with. */
export interface LazyBuildkitdOptions {
  /** Registries, as `host:port`, that speak plain HTTP. */
  readonly plainRegistries: readonly string[];
}

/**
 * Starts a buildkitd with the stargz snapshotter that is part of it, as people have it who want to begin before an image
 * is there. It mounts layers by FUSE: needs root and `/dev/fuse`. It fetches nothing ahead, so that tests see what is
 * read.
 *
 * @throws {Problem} `engine_missing`
 */
export async function startLazyBuildkitd({ plainRegistries }: LazyBuildkitdOptions): Promise<LazyBuildkitd> {
  const buildkitd = await testEngineProgram("buildkitd");
  await using cleanup = new AsyncDisposableStack();
  const folder = await mkdtemp(path.join(tmpdir(), "od-lazy-"));
  cleanup.defer(() => rm(folder, { recursive: true, force: true }));
  const runFolder = await makeRunFolder({ folder, preferred: path.join(folder, "run") });
  cleanup.defer(() => rm(runFolder, { recursive: true, force: true }));
  const searchPath = [process.env["PATH"], path.join(cacheFolder, "engine/tools/bin")].join(path.delimiter);
  // Its mounts outlive it.
  cleanup.defer(() => clearLeftovers({ folder, runFolder, path: searchPath, signal: AbortSignal.timeout(CLEAR_MS) }));
  const socket = path.join(runFolder, "buildkitd.sock");
  const config = path.join(folder, "buildkitd.toml");
  await writeFile(config, configToml({ folder, socket, plainRegistries }));
  const log = new TailLog();
  const env = { PATH: searchPath, HOME: folder, TMPDIR: runFolder };
  cleanup.use(await startDaemon([buildkitd, "--config", config], { env, log, socket }));
  const owned = cleanup.move();
  return { address: `unix://${socket}`, log: () => log.text, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

interface Settings extends LazyBuildkitdOptions {
  readonly folder: string;
  readonly socket: string;
}

function configToml({ folder, socket, plainRegistries }: Settings): string {
  const lines = [
    `root = ${JSON.stringify(path.join(folder, "buildkitd"))}`,
    "[grpc]",
    `address = [${JSON.stringify(`unix://${socket}`)}]`,
    "[worker.containerd]",
    "enabled = false",
    "[worker.oci]",
    "enabled = true",
    'snapshotter = "stargz"',
    'binary = "runc"',
    'networkMode = "host"',
    `defaultCgroupParent = ${JSON.stringify(`/opendepot-test/${path.basename(folder)}`)}`,
    "[worker.oci.stargzSnapshotter]",
    "noprefetch = true",
    "no_background_fetch = true",
    ...plainRegistries.flatMap((host) => [`[registry.${JSON.stringify(host)}]`, "http = true"]),
  ];
  return `${lines.join("\n")}\n`;
}
