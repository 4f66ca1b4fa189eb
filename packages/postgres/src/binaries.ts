import { join } from "node:path";
import { messageOf } from "@opendepot/base";
import { type Candidate, findCandidates } from "./binary-candidates.ts";
import type { BinarySources } from "./options.ts";
import { copyBinaries, installDirs } from "./private-copy.ts";
import { postgresMissing, postgresUnusable } from "./problems.ts";
import type { OsUser } from "./run-program.ts";
import { runProgram } from "./run-program.ts";

const oldestMajor = 15;
const probeTimeoutMs = 10_000;

/** PostgreSQL programs that have been seen to run here, as the user they will run as. */
export interface Binaries {
  /** The folder of `postgres` and `initdb`. */
  readonly dir: string;
  /** `18.4` */
  readonly version: string;
  /** `18` */
  readonly major: number;
}

/** Where and for whom {@link findBinaries} looks. */
export interface FindBinariesOptions {
  readonly sources: BinarySources;
  readonly dataDir: string;
  readonly user: OsUser | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The first PostgreSQL that runs here: `sources.dir` alone when given, else npm's, then the system's.
 *
 * Each is tried by asking for its version as the user it will run as. Programs of the npm package that do not
 * run where they lie are copied to a place where they do: below a folder like `/root` no other user gets at
 * them, and an installation without its scripts lacks the links between the libraries.
 *
 * @throws {Problem} `postgres_missing`, `postgres_unusable`
 */
export async function findBinaries(options: FindBinariesOptions): Promise<Binaries> {
  const { candidates, places } = await findCandidates(options.sources);
  const failures: string[] = [];
  for (const candidate of candidates) {
    const found = await tryCandidate(candidate, options);
    if (typeof found !== "string") return found;
    failures.push(found);
  }
  throw failures.length === 0 ? postgresMissing(places) : postgresUnusable(failures);
}

/** The programs, or why they do not run. */
async function tryCandidate(candidate: Candidate, options: FindBinariesOptions): Promise<Binaries | string> {
  const inPlace = await probe(candidate.dir, options);
  if (typeof inPlace !== "string" || candidate.packageVersion === undefined) return inPlace;
  const failures = [inPlace];
  for (const parent of installDirs(options.dataDir, options.user)) {
    try {
      const copy = await copyBinaries(candidate.dir, candidate.packageVersion, parent);
      const probed = await probe(copy, options);
      if (typeof probed !== "string") return probed;
      failures.push(probed);
    } catch (error) {
      failures.push(`cannot copy it to ${parent}: ${messageOf(error)}`);
    }
  }
  return failures.join("; ");
}

async function probe(dir: string, { user, signal }: FindBinariesOptions): Promise<Binaries | string> {
  const program = join(dir, "postgres");
  const limit = AbortSignal.timeout(probeTimeoutMs);
  try {
    const both = signal === undefined ? limit : AbortSignal.any([limit, signal]);
    const { code, output } = await runProgram(program, ["-V"], { user, signal: both });
    const version = /^postgres \(PostgreSQL\) (\d+)(\S*)/m.exec(output);
    if (code !== 0 || version === null) return `${program} -V ended with ${code}: ${output.trim().slice(-300)}`;
    const major = Number(version[1]);
    if (major < oldestMajor) return `${program} is PostgreSQL ${major}, older than ${oldestMajor}`;
    return { dir, version: `${version[1]}${version[2]}`, major };
  } catch (error) {
    signal?.throwIfAborted();
    return `${program}: ${messageOf(error)}`;
  }
}
