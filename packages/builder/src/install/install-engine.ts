import { readdir } from "node:fs/promises";
import path from "node:path";
import { isProblem } from "@opendepot/base";
import { isOlder } from "../engine/version.ts";
import { runCommand } from "../host/command.ts";
import { findExecutable } from "../host/executable.ts";
import { engineInstallFailed, engineMissing } from "../problems.ts";
import { type DebianPackagesOptions, fetchDebianPackages, packagesUnavailable } from "./debian-packages.ts";
import { linkPrograms, makeToolFolder } from "./program-folder.ts";

const OLDEST_DOCKER = "25.0.0";
const CHECK_MS = 20_000;

/** Programs that engines need, with the package of each. */
const TOOL_PACKAGES: Readonly<Record<string, string>> = { runc: "runc", iptables: "iptables", ip: "iproute2" };

/** Where and how a private engine is installed. */
export interface InstallOptions {
  /** The folder of the private engine, absolute. */
  readonly folder: string;
  /** The value of PATH. */
  readonly path: string;
  /** The environment to take proxies from. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Told, for people, what is being done. */
  readonly onProgress?: ((message: string) => void) | undefined;
  readonly signal: AbortSignal;
}

/** Folders of a private engine that hold programs; they exist once something is installed. */
export function installedPath(folder: string): string {
  return ["docker/bin", "tools/bin"].map((name) => path.join(folder, name)).join(path.delimiter);
}

/**
 * Installs a private Docker Engine with all that it needs and the machine lacks, below `folder` and nowhere else.
 * Quick when that has been done before.
 *
 * The engine is the one of the machine's own release when it is recent enough; else that of Debian's testing or
 * unstable, whose programs need nothing newer than glibc 2.34.
 *
 * @throws {Problem} `engine_missing` where that is not possible, `engine_install_failed` when it does not work out
 */
export async function installEngine(options: InstallOptions): Promise<void> {
  await installTools(Object.keys(TOOL_PACKAGES), options);
  const docker = path.join(options.folder, "docker");
  if (await findExecutable("dockerd", path.join(docker, "bin"))) return;
  await assertPossible(options);
  let lastFailure: unknown;
  for (const suite of ["system", "testing", "unstable"]) {
    try {
      await fetchDocker(docker, suite, options);
      return;
    } catch (error) {
      if (!isProblem(error, "engine_install_failed")) throw error;
      options.onProgress?.(`not from ${suite === "system" ? "this release" : suite}: ${error.detail["reason"]}`);
      lastFailure = error;
    }
  }
  throw lastFailure;
}

/**
 * Fetches those of the named programs that are not on the PATH, from the machine's own release.
 *
 * @throws {Problem} `engine_missing`, `engine_install_failed`
 */
export async function installTools(programs: readonly string[], options: InstallOptions): Promise<void> {
  const searchPath = `${options.path}${path.delimiter}${installedPath(options.folder)}`;
  const missing: string[] = [];
  for (const program of programs) if (!(await findExecutable(program, searchPath))) missing.push(program);
  if (missing.length === 0) return;
  await assertPossible(options);
  // What an earlier call fetched stays: the folder is replaced as a whole.
  const present = await readdir(path.join(options.folder, "tools/bin")).catch((): string[] => []);
  const wanted = [...new Set([...missing, ...present])].flatMap((name) => TOOL_PACKAGES[name] ?? []);
  await fetchDebianPackages({
    ...fetchOptions(options),
    names: wanted,
    suite: "system",
    into: path.join(options.folder, "tools"),
    withDependencies: true,
    finish: makeToolFolder,
  });
}

async function assertPossible(options: InstallOptions): Promise<void> {
  const obstacle = await packagesUnavailable(options.path);
  if (obstacle) throw engineMissing(`none can be installed, since ${obstacle}`);
}

async function fetchDocker(docker: string, suite: string, options: InstallOptions): Promise<void> {
  await fetchDebianPackages({
    ...fetchOptions(options),
    names: ["docker.io", "containerd"],
    suite,
    into: docker,
    accept: (versions) => !isOlder(withoutEpoch(versions.get("docker.io") ?? ""), OLDEST_DOCKER),
    finish: async (root) => {
      await linkPrograms(root, ["dockerd", "containerd", "containerd-shim-runc-v2"]);
      await assertRuns(root, options);
    },
  });
}

function fetchOptions(options: InstallOptions): Omit<DebianPackagesOptions, "names" | "suite" | "into"> {
  return { path: options.path, env: options.env, onProgress: options.onProgress, signal: options.signal };
}

/** Debian writes `1:2.3` where a version scheme has once begun anew. */
function withoutEpoch(version: string): string {
  return version.replace(/^\d+:/, "");
}

/** Programs of another release may need a newer C library than this machine has. */
async function assertRuns(root: string, options: InstallOptions): Promise<void> {
  for (const program of ["dockerd", "containerd"]) {
    const run = { env: { PATH: options.path }, signal: options.signal, timeoutMs: CHECK_MS };
    try {
      await runCommand(path.join(root, "bin", program), ["--version"], run);
    } catch (cause) {
      options.signal.throwIfAborted();
      throw engineInstallFailed(`${program} does not run on this machine`, { cause });
    }
  }
}
