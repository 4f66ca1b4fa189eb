import { chmod, mkdir, readdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { fetchDebianPackages, findExecutable } from "@opendepot/builder";
import { cacheFolder } from "./cache-folder.ts";

const FETCH_MS = 10 * 60_000;

/** Programs of others that tests hold ours against, each an absolute path. None is installed system-wide. */
export interface TestTools {
  /** The client of Docker; it finds plugins in `cli-plugins` of its `DOCKER_CONFIG`. */
  readonly docker: string;
  readonly buildx: string;
  readonly compose: string;
  /** The client of containerd. */
  readonly ctr: string;
  readonly skopeo: string;
  /** The server of distribution. */
  readonly registry: string;
  /** The server of OpenSSH. */
  readonly sshd: string;
}

/** Packages that come from one suite. */
interface ToolSet {
  readonly suite: string;
  /** Where they are unpacked; default: the suite's name. */
  readonly folder?: string;
  readonly names: readonly string[];
  readonly withDependencies: boolean;
  /** The programs that are wanted, by their names in the packages. */
  readonly programs: readonly string[];
}

/** Statically linked, so that those of a newer release run here, too. */
const PEERS: ToolSet = {
  suite: "testing",
  names: ["docker-cli", "docker-buildx", "docker-compose", "containerd"],
  withDependencies: false,
  programs: ["docker", "docker-buildx", "docker-compose", "ctr"],
};

const REGISTRIES: ToolSet = {
  suite: "system",
  names: ["docker-registry", "skopeo"],
  withDependencies: true,
  programs: ["docker-registry", "skopeo"],
};

const SSH: ToolSet = {
  suite: "system",
  folder: "ssh",
  names: ["openssh-server"],
  withDependencies: true,
  programs: ["sshd"],
};

/**
 * Fetches the tools unless they are there. Takes about half a minute the first time, nothing afterwards.
 *
 * @throws {Problem} `engine_install_failed` where they cannot be fetched
 */
export async function prepareTestTools(onLine?: (line: string) => void): Promise<TestTools> {
  const peers = await prepare(PEERS, onLine);
  const registries = await prepare(REGISTRIES, onLine);
  const ssh = await prepare(SSH, onLine);
  return {
    docker: path.join(peers, "docker"),
    buildx: path.join(peers, "docker-buildx"),
    compose: path.join(peers, "docker-compose"),
    ctr: path.join(peers, "ctr"),
    skopeo: path.join(registries, "skopeo"),
    registry: path.join(registries, "docker-registry"),
    sshd: path.join(ssh, "sshd"),
  };
}

async function prepare(set: ToolSet, onProgress?: (line: string) => void): Promise<string> {
  const into = path.join(cacheFolder, "tools", set.folder ?? set.suite);
  await fetchDebianPackages({
    names: set.names,
    suite: set.suite,
    withDependencies: set.withDependencies,
    into,
    path: process.env["PATH"] ?? "",
    env: process.env,
    signal: AbortSignal.timeout(FETCH_MS),
    onProgress,
    finish: (root) => linkTools(root, set),
  });
  return path.join(into, "bin");
}

const PROGRAM_FOLDERS = ["usr/bin", "bin", "usr/sbin", "usr/libexec/docker/cli-plugins"];

/** Makes `bin/` with a small script for each program, which finds the libraries that were unpacked beside it. */
async function linkTools(root: string, { programs, withDependencies }: ToolSet): Promise<void> {
  const bin = path.join(root, "bin");
  await mkdir(bin, { recursive: true });
  const libraries = withDependencies ? await libraryFolders(root) : [];
  for (const program of programs) {
    const candidates = PROGRAM_FOLDERS.map((folder) => path.join(root, folder, program));
    const found = (await Promise.all(candidates.map((candidate) => findExecutable(candidate, "")))).find(Boolean);
    if (!found) throw new Error(`no ${program} in the packages below ${root}`);
    const script = path.join(bin, program);
    await writeFile(script, wrapper(path.relative(bin, found), libraries));
    await chmod(script, 0o755);
  }
}

function wrapper(target: string, libraries: readonly string[]): string {
  const folders = libraries.map((folder) => `$bin/../${folder}`).join(":");
  const lines = ["#!/bin/sh", `bin=\${0%/*}`];
  if (folders !== "") lines.push(`export LD_LIBRARY_PATH="${folders}\${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"`);
  return `${[...lines, `exec "$bin/${target}" "$@"`].join("\n")}\n`;
}

async function libraryFolders(root: string): Promise<readonly string[]> {
  const found: string[] = [];
  for (const base of ["usr/lib", "lib"]) {
    const names = await readdir(path.join(root, base)).catch((): string[] => []);
    found.push(...names.filter((name) => name.includes("-linux-")).map((name) => `${base}/${name}`));
  }
  return found;
}
