import { access } from "node:fs/promises";
import path from "node:path";
import { type Logger, messageOf } from "@opendepot/base";
import { findExecutable } from "../host/executable.ts";
import { type InstallOptions, installEngine, installedPath, installTools } from "../install/install-engine.ts";
import { engineMissing, engineNotUsable } from "../problems.ts";
import { buildkitdEngine } from "./buildkitd.ts";
import { dockerdEngine } from "./dockerd.ts";
import type { Engine, EngineKind } from "./engine.ts";
import {
  askVersion,
  assertRecent,
  isOlder,
  type ProgramVersion,
  unsafeCompressions,
  versionWarnings,
} from "./version.ts";

/** Where to look for an engine. */
export interface FindEngineOptions {
  /** Path of a `buildkitd` or a `dockerd` that is to be used and no other. */
  readonly configured?: string | undefined;
  /** Looks for engines of this kind only. Default: any. */
  readonly kind?: EngineKind | undefined;
  /** The value of PATH. */
  readonly path: string;
  /** The environment that engines get their proxies from. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Folder of the private engine, absolute. */
  readonly installFolder: string;
  /** Whether something may be installed there. */
  readonly install: boolean;
  readonly logger: Logger;
  /** Told, for people, what an installation is doing. */
  readonly onProgress?: ((message: string) => void) | undefined;
  readonly signal: AbortSignal;
}

/** Folders of the distributions and of CNI's own releases, in which the plugins of container networks are. */
const PLUGIN_FOLDERS: readonly string[] = ["/opt/cni/bin", "/usr/lib/cni", "/usr/libexec/cni"];
const PLUGINS: readonly string[] = ["bridge", "host-local", "loopback"];

/**
 * Finds the engine that builders run: the configured one, else `buildkitd` on the PATH, else a private Docker Engine,
 * which is installed first if need be and allowed.
 *
 * @throws {Problem} `engine_missing`, `engine_too_old`, `engine_install_failed`
 */
export async function findEngine(given: FindEngineOptions): Promise<Engine> {
  // Programs of engines are often where only root's PATH leads.
  const options = { ...given, path: `${given.path}:/usr/local/sbin:/usr/sbin:/sbin` };
  if (options.configured !== undefined) return configuredEngine(options.configured, options);
  const buildkitd = options.kind === "dockerd" ? undefined : await findExecutable("buildkitd", options.path);
  if (buildkitd) return openBuildkitd(await askedVersion(buildkitd, options), options);
  if (options.kind === "buildkitd") throw engineMissing("buildkitd is not on the PATH");
  return privateDocker(options);
}

/** A program with what it says of itself. */
interface Program extends ProgramVersion {
  readonly command: string;
}

async function askedVersion(command: string, options: FindEngineOptions): Promise<Program> {
  return { command, ...(await askVersion(command, options)) };
}

async function configuredEngine(configured: string, options: FindEngineOptions): Promise<Engine> {
  const command = await findExecutable(configured, options.path);
  if (!command) throw engineNotUsable(configured, "there is no such program");
  const program = await askedVersion(command, options);
  // One that was installed for another data folder has its tools there.
  const tools = path.resolve(path.dirname(command), "../../tools/bin");
  const withTools = { ...options, path: `${options.path}:${tools}` };
  return program.kind === "buildkitd" ? openBuildkitd(program, withTools) : openDockerd(program, withTools);
}

async function openBuildkitd(program: Program, options: FindEngineOptions): Promise<Engine> {
  assertRecent(program);
  const runtime = await findRuntime(options);
  const searchPath = `${options.path}:${installedPath(options.installFolder)}`;
  const pluginFolder = await findPlugins(searchPath);
  const warnings = [...versionWarnings(program)];
  if (!pluginFolder) {
    warnings.push(
      "RUN steps share this machine's network, its loopback services included, since there are no CNI plugins with iptables: " +
        "on Debian and Ubuntu, apt-get install containernetworking-plugins iptables",
    );
  }
  const { env, logger } = options;
  return buildkitdEngine({
    ...program,
    unsafeCompressions: unsafeCompressions(program),
    runtime,
    pluginFolder,
    warnings,
    path: searchPath,
    env,
    logger,
  });
}

async function findRuntime(options: FindEngineOptions): Promise<string> {
  const find = async (): Promise<string | undefined> => {
    const searchPath = `${options.path}:${installedPath(options.installFolder)}`;
    for (const name of ["buildkit-runc", "runc", "crun"]) {
      const found = await findExecutable(name, searchPath);
      if (found) return found;
    }
    return undefined;
  };
  const found = await find();
  if (found) return found;
  if (!options.install) throw engineMissing("buildkitd is there, but no runc");
  await installTools(["runc"], toInstall(options));
  const installed = await find();
  if (installed) return installed;
  throw engineMissing("buildkitd is there, but no runc, even after it was installed");
}

async function findPlugins(searchPath: string): Promise<string | undefined> {
  for (const tool of ["iptables", "ip"]) if (!(await findExecutable(tool, searchPath))) return undefined;
  for (const folder of PLUGIN_FOLDERS) {
    const found = await Promise.all(
      PLUGINS.map((name) =>
        access(path.join(folder, name)).then(
          () => true,
          () => false,
        ),
      ),
    );
    if (found.every(Boolean)) return folder;
  }
  return undefined;
}

async function privateDocker(options: FindEngineOptions): Promise<Engine> {
  const system = await findExecutable("dockerd", options.path);
  const program = system ? await askedVersion(system, options) : undefined;
  if (program && !isTooOld(program)) return openDockerd(program, options);
  const installed = await installedDocker(options);
  if (installed) return openDockerd(installed, options);
  if (!options.install) {
    if (program) assertRecent(program);
    throw engineMissing("neither buildkitd nor dockerd is on the PATH, and installing one is switched off");
  }
  await installEngine(toInstall(options));
  const fresh = await installedDocker(options);
  if (fresh) return openDockerd(fresh, options);
  throw engineMissing(`dockerd is missing in ${options.installFolder}, even after it was installed`);
}

function isTooOld(program: Program): boolean {
  return isOlder(program.version, "25.0.0");
}

async function installedDocker(options: FindEngineOptions): Promise<Program | undefined> {
  const command = await findExecutable("dockerd", installedPath(options.installFolder));
  return command ? askedVersion(command, options) : undefined;
}

async function openDockerd(program: Program, options: FindEngineOptions): Promise<Engine> {
  assertRecent(program);
  if (options.install) await tryInstallTools(options);
  const beside = path.dirname(program.command);
  // An engine and its containerd belong together; tools are the machine's own where it has them.
  const searchPath = `${beside}:${options.path}:${installedPath(options.installFolder)}`;
  const containerd = await findExecutable("containerd", searchPath);
  if (!containerd) throw engineMissing(`${program.command} is there, but no containerd`);
  for (const tool of ["runc", "ip"]) {
    if (!(await findExecutable(tool, searchPath))) throw engineMissing(`${program.command} is there, but no ${tool}`);
  }
  const { env, logger } = options;
  return dockerdEngine({
    ...program,
    unsafeCompressions: unsafeCompressions(program),
    containerd,
    warnings: versionWarnings(program),
    path: searchPath,
    env,
    logger,
  });
}

/** What is truly needed is checked afterwards; without iptables, steps only lack the network beyond this machine. */
async function tryInstallTools(options: FindEngineOptions): Promise<void> {
  try {
    await installTools(["runc", "ip", "iptables"], toInstall(options));
  } catch (error) {
    options.signal.throwIfAborted();
    options.logger.warn("tools of the engine could not be installed", { reason: messageOf(error) });
  }
}

function toInstall(options: FindEngineOptions): InstallOptions {
  return { ...options, folder: options.installFolder };
}
