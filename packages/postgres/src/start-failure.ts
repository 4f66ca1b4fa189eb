import type { Problem } from "@opendepot/base";
import {
  dataDirCorrupted,
  dataDirInUse,
  dataDirUnusable,
  diskFull,
  type PostgresProblemCode,
  startFailed,
  versionMismatch,
} from "./problems.ts";

/** What is known about a program that ended too early. */
export interface Failure {
  readonly clusterDir: string;
  /** Everything the program said. */
  readonly output: string;
}

/** PostgreSQL's messages in English; the programs run with `LC_ALL=C`. */
const versions = /initialized by PostgreSQL version (\d+), which is not compatible with this version (\S+?)\.?$/m;
const noSpace = /No space left on device|Disk quota exceeded/;
const held = /lock file "postmaster\.pid" already exists|pre-existing shared memory block/;
const holderPid = /Is another postmaster \(PID (\d+)\) running/;
const denied = /Permission denied|Read-only file system|has wrong ownership|has invalid permissions/;
const damaged = new RegExp(
  [
    "could not locate a valid checkpoint record",
    "invalid (?:primary )?checkpoint",
    "could not find the database system",
    "is not a valid data directory",
    "(?:control file|pg_control).*(?:corrupt|incorrect|invalid)",
    "incorrect checksum in control file",
    "database files are incompatible with server",
    "could not (?:open|access|read) .*No such file or directory",
    '"pg_\\w+" does not exist',
    "invalid page in block",
    "invalid magic number",
    "configuration file .* contains errors",
  ].join("|"),
);

/**
 * Finds the reason in what `program` said, and how to go on from there.
 *
 * @param how how it ended, as in `ended with 1`
 */
export function explainFailure(program: string, how: string, failure: Failure): Problem<PostgresProblemCode> {
  const { clusterDir, output } = failure;
  const lines = output.trim().split("\n").slice(-20);
  const lineWith = (pattern: RegExp): string | undefined => lines.find((line) => pattern.test(line));
  const version = versions.exec(output);
  if (version) return versionMismatch(clusterDir, version[1] ?? "", version[2] ?? "");
  if (lineWith(noSpace)) return diskFull(clusterDir, { lines });
  if (lineWith(held)) return dataDirInUse(clusterDir, Number(holderPid.exec(output)?.[1] ?? Number.NaN) || undefined);
  const denial = lineWith(denied);
  if (denial !== undefined) return dataDirUnusable(clusterDir, new Error(bare(denial)));
  const damage = lineWith(damaged);
  if (damage !== undefined) return dataDirCorrupted(clusterDir, bare(damage), { lines });
  return startFailed(program, how, { lines });
}

/** A log line without its time, process and level. */
function bare(line: string): string {
  return line.replace(/^.*?\b(?:FATAL|PANIC|ERROR|LOG|error|fatal): +/, "");
}
