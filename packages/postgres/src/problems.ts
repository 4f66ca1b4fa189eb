import { messageOf, Problem, systemCodeOf } from "@opendepot/base";

/** Everything a managed PostgreSQL can report to a person. */
export type PostgresProblemCode =
  | "data_dir_in_use"
  | "data_dir_unusable"
  | "data_dir_corrupted"
  | "disk_full"
  | "postgres_missing"
  | "postgres_unusable"
  | "postgres_no_user"
  | "postgres_version_mismatch"
  | "postgres_start_timeout"
  | "postgres_start_failed"
  | "postgres_exited";

type Made<Code extends PostgresProblemCode> = Problem<Code>;

const useDatabaseUrl = "set DATABASE_URL to a PostgreSQL of your own";

/** Another live process holds the folder. `pid` is that process. */
export function dataDirInUse(dataDir: string, pid: number | undefined): Made<"data_dir_in_use"> {
  const holder = pid === undefined ? "a PostgreSQL outside this process namespace" : `process ${pid}`;
  return new Problem("data_dir_in_use", `the data folder ${dataDir} is in use by ${holder}`, {
    hint: "stop that process first, or choose another data folder",
    detail: { dataDir, pid },
  });
}

/** The folder cannot be made, read, written or handed to the user that PostgreSQL runs as. */
export function dataDirUnusable(dataDir: string, cause: unknown): Made<"data_dir_unusable" | "disk_full"> {
  if (systemCodeOf(cause) === "ENOSPC" || systemCodeOf(cause) === "EDQUOT") return diskFull(dataDir, { cause });
  return new Problem("data_dir_unusable", `cannot use the data folder ${dataDir}: ${messageOf(cause)}`, {
    hint: "check the folder's owner, its mode and that its file system is writable",
    detail: { dataDir },
    cause,
  });
}

/** What a failed program said, for the problems below. */
export interface Said {
  /** The last lines of its log. */
  readonly lines?: readonly string[];
  readonly cause?: unknown;
}

/** No room on the file system of the data folder. */
export function diskFull(dataDir: string, said: Said = {}): Made<"disk_full"> {
  return new Problem("disk_full", `no space left on the file system of ${dataDir}`, {
    hint: "free some space on it and start again; nothing that was committed is lost",
    detail: { dataDir, log: said.lines },
    cause: said.cause,
  });
}

/** The files in the folder are not a whole PostgreSQL cluster. */
export function dataDirCorrupted(clusterDir: string, reason: string, said: Said = {}): Made<"data_dir_corrupted"> {
  return new Problem("data_dir_corrupted", `the database files in ${clusterDir} are damaged: ${reason}`, {
    hint: "restore the folder from a backup, or move it away to begin with an empty database",
    detail: { clusterDir, log: said.lines },
    cause: said.cause,
  });
}

/** No PostgreSQL programs in any of the places. */
export function postgresMissing(tried: readonly string[]): Made<"postgres_missing"> {
  return new Problem("postgres_missing", `no PostgreSQL found; tried ${tried.join(", ")}`, {
    hint: `install the package postgresql of your system, or ${useDatabaseUrl}`,
    detail: { tried },
  });
}

/** Programs were found, but none of them runs. */
export function postgresUnusable(failures: readonly string[]): Made<"postgres_unusable"> {
  return new Problem("postgres_unusable", `no PostgreSQL found that runs here: ${failures.join("; ")}`, {
    hint: `install the package postgresql of your system, or ${useDatabaseUrl}`,
    detail: { failures },
  });
}

/** We are root, PostgreSQL refuses root, and there is no other user to run it as. */
export function noOperatingSystemUser(cause: unknown): Made<"postgres_no_user"> {
  return new Problem("postgres_no_user", `cannot find or create a user to run PostgreSQL as: ${messageOf(cause)}`, {
    hint: `create a system user named opendepot, or ${useDatabaseUrl}`,
    cause,
  });
}

/** The folder was made by another major version. */
export function versionMismatch(clusterDir: string, has: string, program: string): Made<"postgres_version_mismatch"> {
  return new Problem(
    "postgres_version_mismatch",
    `the database in ${clusterDir} was made by PostgreSQL ${has}, but this is PostgreSQL ${program}`,
    {
      hint: `dump it with PostgreSQL ${has} and restore it into a new data folder, or install PostgreSQL ${has}`,
      detail: { clusterDir, has, program },
    },
  );
}

/** No sign of progress for the whole limit. */
export function startTimedOut(timeoutMs: number, lines: readonly string[]): Made<"postgres_start_timeout"> {
  return new Problem(
    "postgres_start_timeout",
    `PostgreSQL made no progress for ${timeoutMs / 1000} s while starting${quoted(lines)}`,
    {
      hint: "look at postgres.log in the data folder",
      detail: { timeoutMs, log: lines },
    },
  );
}

/** A program ended before the server was ready, for none of the known reasons. */
export function startFailed(program: string, how: string, said: Said): Made<"postgres_start_failed"> {
  return new Problem("postgres_start_failed", `${program} ${how} while starting${quoted(said.lines ?? [])}`, {
    hint: "look at postgres.log in the data folder",
    detail: { program, log: said.lines },
    cause: said.cause,
  });
}

/** The running server ended, and nobody asked it to. */
export function postgresExited(how: string, lines: readonly string[]): Made<"postgres_exited"> {
  return new Problem("postgres_exited", `PostgreSQL ${how}${quoted(lines)}`, {
    hint: "look at postgres.log in the data folder; what was committed is there at the next start",
    detail: { log: lines },
  });
}

/** The lines that tell most: the last of those that name a failure, else the last. */
function quoted(lines: readonly string[]): string {
  const failures = lines.filter((line) => /\b(?:FATAL|PANIC|ERROR): |error: /.test(line));
  const telling = (failures.length > 0 ? failures : lines).slice(-3).join(" | ");
  return telling === "" ? "" : `: ${telling}`;
}
