import { readFile, stat } from "node:fs/promises";
import { type Logger, messageOf } from "@opendepot/base";
import { noOperatingSystemUser } from "./problems.ts";
import { type OsUser, runProgram } from "./run-program.ts";

/** Where {@link chooseUser} looks and reports. */
export interface ChooseUserOptions {
  readonly clusterDir: string;
  readonly logger: Logger;
  readonly signal?: AbortSignal | undefined;
}

const ownUser = "opendepot";

/**
 * The user to run PostgreSQL as, which refuses to run as root; undefined when that is this process's own.
 *
 * As root: whoever owns the existing database files, else `postgres`, else `opendepot`, which is created as a
 * system user when missing, and where that fails `nobody`.
 *
 * @throws {Problem} `postgres_no_user`
 */
export async function chooseUser(options: ChooseUserOptions): Promise<OsUser | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  return (await ownerOf(options.clusterDir)) ?? (await lookUpUser("postgres")) ?? (await ownSystemUser(options));
}

async function ownerOf(clusterDir: string): Promise<OsUser | undefined> {
  const owner = await stat(clusterDir).catch(() => undefined);
  if (owner === undefined || owner.uid === 0) return undefined;
  return { name: `uid ${owner.uid}`, uid: owner.uid, gid: owner.gid };
}

async function ownSystemUser({ logger, signal }: ChooseUserOptions): Promise<OsUser> {
  const existing = await lookUpUser(ownUser);
  if (existing) return existing;
  try {
    await createSystemUser(signal);
    const created = await lookUpUser(ownUser);
    if (!created) throw new Error(`${ownUser} is not in /etc/passwd after it was created`);
    logger.info("created a system user for PostgreSQL", { user: ownUser });
    return created;
  } catch (error) {
    signal?.throwIfAborted();
    const nobody = await lookUpUser("nobody");
    if (!nobody) throw noOperatingSystemUser(error);
    logger.warn("PostgreSQL runs as nobody, which other programs may share: no user could be created for it", {
      error: messageOf(error),
    });
    return nobody;
  }
}

async function createSystemUser(signal: AbortSignal | undefined): Promise<void> {
  const home = ["--home-dir", "/nonexistent", "--no-create-home", "--shell", "/usr/sbin/nologin"];
  const { code, output } = await runProgram("useradd", ["--system", "--user-group", ...home, ownUser], { signal });
  if (code !== 0) throw new Error(`useradd ended with ${code}: ${output.trim()}`);
}

/** Reads `/etc/passwd`; users of a directory service are not considered. */
async function lookUpUser(name: string): Promise<OsUser | undefined> {
  const table = await readFile("/etc/passwd", "utf8").catch(() => "");
  return parsePasswd(table, name);
}

/** The entry of `name` in a table in the form of passwd(5). */
export function parsePasswd(table: string, name: string): OsUser | undefined {
  const fields = table
    .split("\n")
    .find((line) => line.startsWith(`${name}:`))
    ?.split(":");
  const uid = Number(fields?.[2] || Number.NaN);
  const gid = Number(fields?.[3] || Number.NaN);
  // A second root under another name would be refused by PostgreSQL as well.
  return Number.isInteger(uid) && Number.isInteger(gid) && uid > 0 ? { name, uid, gid } : undefined;
}
