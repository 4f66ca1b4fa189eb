import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { runCommand } from "../host/command.ts";
import { type AptRunOptions, type AptSource, aptEnvironment } from "./apt-sources.ts";

const UPDATE_MS = 5 * 60_000;
const DOWNLOAD_MS = 15 * 60_000;
const UNPACK_MS = 5 * 60_000;

/** What a private apt is opened with. */
export interface AptOptions extends AptRunOptions {
  readonly sources: readonly AptSource[];
  /** The keyring that must have signed them. Default: whatever the machine's apt trusts. */
  readonly keyring: string | undefined;
  /** A folder for its temporary files, which may be large; made when missing. */
  readonly workDir: string;
}

/** apt with state, lists, cache and sources of its own. Disposing removes all of them. */
export interface Apt extends AsyncDisposable {
  /** The version of a package that would be taken, or undefined when there is none. */
  candidate(name: string): Promise<string | undefined>;
  /**
   * Downloads packages into a folder and returns the paths of the files: `alone` just these, otherwise also what they
   * depend on and this machine does not have.
   */
  download(names: readonly string[], alone: boolean): Promise<readonly string[]>;
}

/**
 * Opens an apt that shares nothing with the machine's but its configuration of proxies and the list of what is
 * installed, which it only reads.
 *
 * @throws {Problem} `host_command_failed` when the sources cannot be fetched
 */
export async function openApt(options: AptOptions): Promise<Apt> {
  await using cleanup = new AsyncDisposableStack();
  await mkdir(options.workDir, { recursive: true, mode: 0o700 });
  const folder = await mkdtemp(path.join(options.workDir, "apt-"));
  cleanup.defer(() => rm(folder, { recursive: true, force: true }));
  const archives = path.join(folder, "cache/archives");
  for (const name of ["lists/partial", "state", "cache/archives/partial", "empty"]) {
    await mkdir(path.join(folder, name), { recursive: true });
  }
  const configFile = path.join(folder, "apt.conf");
  await writeFile(path.join(folder, "sources.list"), sourcesList(options));
  await writeFile(configFile, aptConf(folder));
  const run = async (tool: string, args: readonly string[], timeoutMs: number): Promise<string> => {
    return runCommand(tool, ["-c", configFile, ...args], {
      env: aptEnvironment(options),
      signal: options.signal,
      cwd: archives,
      timeoutMs,
    });
  };
  await run("apt-get", ["update", "-q"], UPDATE_MS);
  const owned = cleanup.move();
  return {
    candidate: async (name) => parseCandidate(await run("apt-cache", ["policy", name], UPDATE_MS)),
    download: async (names, alone) => {
      const how = alone ? ["download"] : ["install", "--download-only", "--yes", "--no-install-recommends"];
      await run("apt-get", [...how, "-q", ...names], DOWNLOAD_MS);
      const files = (await readdir(archives)).filter((name) => name.endsWith(".deb"));
      return files.map((name) => path.join(archives, name));
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** Unpacks package files into a folder, without running any of their scripts: deb(5). */
export async function unpackPackages(files: readonly string[], into: string, options: AptRunOptions): Promise<void> {
  await mkdir(into, { recursive: true });
  for (const file of files) {
    const env = aptEnvironment(options);
    await runCommand("dpkg-deb", ["--extract", file, into], { env, signal: options.signal, timeoutMs: UNPACK_MS });
  }
}

/** Reads the candidate out of `apt-cache policy <name>`. */
export function parseCandidate(policy: string): string | undefined {
  const candidate = /^\s*Candidate: (\S+)$/m.exec(policy)?.[1];
  return candidate === "(none)" ? undefined : candidate;
}

/** The sources in the one-line form of sources.list(5). */
export function sourcesList(options: Pick<AptOptions, "sources" | "keyring">): string {
  const trust = options.keyring ? `[signed-by=${options.keyring}] ` : "";
  const lines = options.sources.map(
    ({ uri, suite, components }) => `deb ${trust}${uri} ${suite} ${components.join(" ")}`,
  );
  return `${lines.join("\n")}\n`;
}

/**
 * Read after the machine's own configuration (`apt-get -c`), so that its proxies stay in force
 * while its hooks, preferences and folders do not.
 */
function aptConf(folder: string): string {
  const settings: Readonly<Record<string, string>> = {
    Dir__State: `${folder}/state`,
    Dir__State__lists: `${folder}/lists`,
    Dir__State__status: "/var/lib/dpkg/status",
    Dir__Cache: `${folder}/cache`,
    Dir__Cache__archives: `${folder}/cache/archives`,
    Dir__Etc__sourcelist: `${folder}/sources.list`,
    Dir__Etc__sourceparts: `${folder}/empty`,
    Dir__Etc__preferences: "/dev/null",
    Dir__Etc__preferencesparts: `${folder}/empty`,
    // The _apt user could not enter our folders.
    APT__Sandbox__User: "root",
    APT__Get__List_Cleanup: "false",
    Acquire__Languages: "none",
    Acquire__Retries: "3",
    "Acquire__IndexTargets__deb__DEP-11__DefaultEnabled": "false",
    Acquire__http__Timeout: "30",
    Acquire__https__Timeout: "30",
    Debug__NoLocking: "true",
  };
  const cleared = ["APT::Update::Pre-Invoke", "APT::Update::Post-Invoke", "APT::Update::Post-Invoke-Success"];
  const lines = Object.entries(settings).map(([key, value]) => `${key.replaceAll("__", "::")} "${value}";`);
  return `${[...cleared.map((key) => `#clear ${key};`), ...lines].join("\n")}\n`;
}
