import { mkdir, mkdtemp, readFile, rename, rm, statfs, writeFile } from "node:fs/promises";
import path from "node:path";
import { isProblem, messageOf } from "@opendepot/base";
import { findExecutable } from "../host/executable.ts";
import { holdHostLock } from "../host/host-lock.ts";
import { diskFull, engineInstallFailed } from "../problems.ts";
import { type Apt, openApt, unpackPackages } from "./apt.ts";
import { type AptRunOptions, archiveKeyring, otherSuite, systemSources } from "./apt-sources.ts";
import { type Distribution, detectDistribution } from "./distribution.ts";

const RECORD = ".packages.json";
/** Room for the package lists alone; without it apt says that there is no such package. */
const LISTS_BYTES = 64 * 1024 * 1024;
/** How Node, apt and dpkg say that a disk is full. */
const NO_SPACE = /ENOSPC|EDQUOT|No space left on device|enough free space/;

/** Packages that are wanted, unpacked, in a folder. */
export interface DebianPackagesOptions {
  /** Names of packages. */
  readonly names: readonly string[];
  /** `system` for the machine's own release, or a suite of the same distribution such as `testing`. */
  readonly suite: string;
  /** The folder that becomes the root of the unpacked packages: absolute, replaced as a whole. */
  readonly into: string;
  /** Whether packages that these depend on and the machine lacks come along. Default: false. */
  readonly withDependencies?: boolean | undefined;
  /** Says whether the versions, by package, are recent enough; false ends with `engine_install_failed`. Default: any. */
  readonly accept?: ((versions: ReadonlyMap<string, string>) => boolean) | undefined;
  /** Done in the unpacked folder before it takes its place: a rejection undoes everything. */
  readonly finish?: ((root: string) => Promise<void>) | undefined;
  /** The value of PATH, for `apt-get`, `dpkg-deb` and `flock`. */
  readonly path: string;
  /** The environment to take proxies from. Default: empty. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
  /** Told, for people, what is being done. */
  readonly onProgress?: ((message: string) => void) | undefined;
  readonly signal: AbortSignal;
}

/** Versions by package name. */
export type PackageVersions = ReadonlyMap<string, string>;

/**
 * Fetches packages of Debian or Ubuntu and unpacks them into a folder of our own, without installing them: nothing
 * of the machine's apt changes, no script of a package runs. The mirror and the trust are the machine's own.
 *
 * Quick when the folder holds these packages already; safe to call in several processes at once.
 *
 * @throws {Problem} `engine_install_failed`, `disk_full`
 */
export async function fetchDebianPackages(options: DebianPackagesOptions): Promise<PackageVersions> {
  const present = await readRecord(options);
  if (present) return present;
  try {
    await using _lock = await holdHostLock({ ...options, file: `${options.into}.lock` });
    return (await readRecord(options)) ?? (await fetchInto(options));
  } catch (cause) {
    options.signal.throwIfAborted();
    if (isProblem(cause, "disk_full")) throw cause;
    if (NO_SPACE.test(messageOf(cause))) throw diskFull(options.into, cause);
    if (isProblem(cause, "engine_install_failed")) throw cause;
    throw engineInstallFailed(`${options.names.join(", ")}: ${messageOf(cause)}`, { cause });
  }
}

/** Whether packages can be fetched here, and if not, why. */
export async function packagesUnavailable(searchPath: string): Promise<string | undefined> {
  if (!(await detectDistribution())) return "this machine does not run Debian or Ubuntu";
  if (process.getuid?.() !== 0) return "the server does not run as root";
  for (const tool of ["apt-get", "apt-cache", "dpkg-deb", "flock"]) {
    if (!(await findExecutable(tool, searchPath))) return `${tool} is not on the PATH`;
  }
  return undefined;
}

async function fetchInto(options: DebianPackagesOptions): Promise<PackageVersions> {
  const parent = path.dirname(options.into);
  await mkdir(parent, { recursive: true, mode: 0o755 });
  const { bavail, bsize } = await statfs(parent);
  if (bavail * bsize < LISTS_BYTES) throw diskFull(parent);
  const workDir = await mkdtemp(path.join(parent, ".fetch-"));
  try {
    const run: AptRunOptions = { path: options.path, env: options.env ?? {}, signal: options.signal };
    options.onProgress?.(`reading the package lists of ${options.suite === "system" ? "this release" : options.suite}`);
    await using apt = await openAptFor(options, { ...run, workDir });
    const versions = await candidatesOf(apt, options);
    options.onProgress?.(`fetching ${[...versions].map(([name, version]) => `${name} ${version}`).join(", ")}`);
    const files = await apt.download(options.names, !options.withDependencies);
    const root = path.join(workDir, "root");
    options.onProgress?.(`unpacking ${files.length} packages`);
    await unpackPackages(files, root, run);
    await options.finish?.(root);
    await writeFile(path.join(root, RECORD), JSON.stringify(recordOf(options, versions)));
    await replace(root, options.into, workDir);
    return versions;
  } finally {
    await rm(workDir, { recursive: true, force: true });
  }
}

async function openAptFor(options: DebianPackagesOptions, run: AptRunOptions & { workDir: string }): Promise<Apt> {
  const distribution = await requireDistribution();
  const own = await systemSources(distribution, run);
  const sources = options.suite === "system" ? own : otherSuite(options.suite, own, distribution.codename);
  return openApt({ ...run, sources, keyring: await archiveKeyring(distribution) });
}

async function requireDistribution(): Promise<Distribution> {
  const distribution = await detectDistribution();
  if (distribution) return distribution;
  throw engineInstallFailed("packages can only be fetched on Debian and Ubuntu");
}

async function candidatesOf(apt: Apt, options: DebianPackagesOptions): Promise<PackageVersions> {
  const versions = new Map<string, string>();
  for (const name of options.names) {
    const version = await apt.candidate(name);
    if (!version) throw engineInstallFailed(`there is no package ${name} in ${options.suite}`);
    versions.set(name, version);
  }
  if (options.accept?.(versions) ?? true) return versions;
  const found = [...versions].map(([name, version]) => `${name} ${version}`).join(", ");
  throw engineInstallFailed(`${found} is too old`);
}

/** A rename cannot replace a folder that is not empty. */
async function replace(root: string, into: string, workDir: string): Promise<void> {
  await rename(into, path.join(workDir, "old")).catch(() => undefined);
  await rename(root, into);
}

interface PackageRecord {
  readonly names: readonly string[];
  readonly suite: string;
  readonly versions: Readonly<Record<string, string>>;
}

function recordOf(options: DebianPackagesOptions, versions: PackageVersions): PackageRecord {
  return { names: [...options.names].sort(), suite: options.suite, versions: Object.fromEntries(versions) };
}

async function readRecord(options: DebianPackagesOptions): Promise<PackageVersions | undefined> {
  const text = await readFile(path.join(options.into, RECORD), "utf8").catch(() => undefined);
  if (text === undefined) return undefined;
  const record = JSON.parse(text) as PackageRecord;
  const isSame = record.suite === options.suite && String(record.names) === String([...options.names].sort());
  return isSame ? new Map(Object.entries(record.versions)) : undefined;
}
