import { chmod, mkdir, readdir, symlink, writeFile } from "node:fs/promises";
import path from "node:path";
import { engineInstallFailed } from "../problems.ts";

/** Makes `bin/` with links to programs, wherever in the unpacked packages they are. */
export async function linkPrograms(root: string, names: readonly string[]): Promise<void> {
  await mkdir(path.join(root, "bin"), { recursive: true });
  for (const name of names) {
    const target = await findUnpacked(root, name);
    if (!target) throw engineInstallFailed(`there is no ${name} in the packages`);
    await symlink(path.join("..", target), path.join(root, "bin", name));
  }
}

/** Names under which tools are called, and the files that they may be called in a package. */
const TOOL_FILES: Readonly<Record<string, readonly string[]>> = {
  runc: ["runc"],
  ip: ["ip"],
  // The usual name is a link that only the installation of the package would make.
  iptables: ["iptables", "iptables-nft"],
  "iptables-restore": ["iptables-restore", "iptables-nft-restore"],
  "iptables-legacy": ["iptables-legacy"],
  "iptables-legacy-restore": ["iptables-legacy-restore"],
};

/** Makes `bin/` with a small script for each tool, which finds the libraries that were unpacked beside it. */
export async function makeToolFolder(root: string): Promise<void> {
  await mkdir(path.join(root, "bin"), { recursive: true });
  for (const [name, files] of Object.entries(TOOL_FILES)) {
    for (const file of files) {
      const target = await findUnpacked(root, file);
      if (!target) continue;
      const script = path.join(root, "bin", name);
      await writeFile(script, wrapper(target, await libraryFolders(root)));
      await chmod(script, 0o755);
      break;
    }
  }
}

function wrapper(target: string, libraries: readonly string[]): string {
  const folders = libraries.map((folder) => `$root/${folder}`);
  const lines = ["#!/bin/sh", `root=\${0%/*}/..`];
  if (folders.length > 0) {
    lines.push(`export LD_LIBRARY_PATH="${folders.join(":")}\${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"`);
    lines.push(`for folder in ${folders.map((folder) => `"${folder}/xtables"`).join(" ")}; do`);
    lines.push('  if [ -d "$folder" ]; then export XTABLES_LIBDIR="$folder"; fi', "done");
  }
  return `${[...lines, `exec "$root/${target}" "$@"`].join("\n")}\n`;
}

async function libraryFolders(root: string): Promise<readonly string[]> {
  const found: string[] = [];
  for (const base of ["usr/lib", "lib"]) {
    const names = await readdir(path.join(root, base)).catch((): string[] => []);
    found.push(...names.filter((name) => name.includes("-linux-")).map((name) => `${base}/${name}`));
  }
  return found;
}

async function findUnpacked(root: string, name: string): Promise<string | undefined> {
  for (const folder of ["usr/sbin", "usr/bin", "sbin", "bin"]) {
    const names = await readdir(path.join(root, folder)).catch((): string[] => []);
    if (names.includes(name)) return path.join(folder, name);
  }
  return undefined;
}
