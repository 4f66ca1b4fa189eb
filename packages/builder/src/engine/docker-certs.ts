import { cp, mkdir, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { type Logger, messageOf } from "@opendepot/base";
import { findExecutable } from "../host/executable.ts";
import type { EngineStart } from "./engine.ts";
import { hostsToml, prepareRegistries } from "./registries.ts";

/** Where every Docker Engine looks, and there is no setting for it. */
const CERTS_FOLDER = "/etc/docker/certs.d";

/** A program with its arguments. */
export interface CommandLine {
  readonly command: string;
  readonly args: readonly string[];
}

/** Binds the first folder over the second one and becomes the program. */
const BIND = 'mount --bind "$1" "$2" && shift 2 && exec "$@"';

/**
 * Gives a Docker Engine ways to registries of its own. It reads them below `/etc/docker/certs.d` and nowhere else, so it
 * gets a mount namespace in which that is a folder of ours: the machine's own entries, and ours for the registries that
 * have none there. Mounts of the machine go on reaching the engine; its own stay with it and end when it does.
 *
 * @returns the command line to start in place of the given one
 */
export async function withRegistries(
  start: EngineStart,
  given: CommandLine,
  { searchPath, logger }: { readonly searchPath: string; readonly logger: Logger },
): Promise<CommandLine> {
  const folder = path.join(start.runFolder, "certs.d");
  const ways = await prepareRegistries(start.registries, path.join(start.runFolder, "registries"));
  if (ways.length === 0) return given;
  try {
    await mkdir(CERTS_FOLDER, { recursive: true });
    await cp(CERTS_FOLDER, folder, { recursive: true, dereference: true, mode: 0 });
  } catch (error) {
    logger.warn("builders do not use the mirror", { folder: CERTS_FOLDER, reason: messageOf(error) });
    return given;
  }
  for (const way of ways) {
    const file = path.join(folder, way.host, "hosts.toml");
    if (await isThere(path.dirname(file))) continue; // an administrator has said how
    await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
    await writeFile(file, hostsToml(way, ways), { mode: 0o600 });
  }
  const unshare = await findExecutable("unshare", searchPath);
  if (!unshare) {
    logger.warn("builders do not use the mirror", { reason: "there is no unshare on the PATH" });
    return given;
  }
  const bind = ["sh", "-c", BIND, "sh", folder, CERTS_FOLDER];
  return { command: unshare, args: ["--mount", "--propagation", "slave", ...bind, given.command, ...given.args] };
}

async function isThere(folder: string): Promise<boolean> {
  return (await stat(folder).catch(() => undefined)) !== undefined;
}
