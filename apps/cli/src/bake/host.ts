import { readFile, stat } from "node:fs/promises";
import { resolve } from "node:path";
import type { HostChecks, HostEntry, HostFault } from "@opendepot/bake";
import { systemCodeOf } from "@opendepot/base";
import type { CliContext } from "../cli-context.ts";

/** What the bake language asks of this machine. */
export function createHostChecks({ cwd, environment, terminal, host }: CliContext): HostChecks {
  return {
    stat: (path) => statEntry(resolve(cwd, path)),
    variable: (name) => environment[name],
    privateKeyFault: (path) => keyFault(resolve(cwd, path), path),
    isStdoutTerminal: terminal.stdout.isTTY === true,
    workingFolder: cwd,
    host,
  };
}

async function statEntry(path: string): Promise<HostEntry | HostFault> {
  try {
    const found = await stat(path);
    const kind = found.isFile() ? "file" : found.isDirectory() ? "folder" : found.isSocket() ? "socket" : "other";
    return { kind, size: found.size };
  } catch (error) {
    return { code: systemCodeOf(error) ?? "EIO" };
  }
}

async function keyFault(path: string, written: string): Promise<string | undefined> {
  const { parsePrivateKey } = await import("@opendepot/buildkit");
  try {
    parsePrivateKey(await readFile(path, "utf8"), path);
    return undefined;
  } catch {
    return `failed to parse ${written}: ssh: no key found`;
  }
}
