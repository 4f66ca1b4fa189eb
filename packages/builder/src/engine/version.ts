import { runCommand } from "../host/command.ts";
import { readGoBuildInfo } from "../host/go-build-info.ts";
import { engineNotUsable, engineTooOld } from "../problems.ts";
import type { EngineKind } from "./engine.ts";

/** The oldest engines that can do what builds need. */
const OLDEST: Readonly<Record<EngineKind, string>> = { buildkitd: "0.11.0", dockerd: "25.0.0" };
const NAMES: Readonly<Record<EngineKind, string>> = { buildkitd: "BuildKit", dockerd: "Docker Engine" };

/** The first BuildKit without the escapes that were published up to then (CVE-2026-15788 to -15793). */
const SAFE_BUILDKIT = "0.31.2";
/** The first Docker Engine line that took that BuildKit up. */
const SAFE_DOCKER = "29.0.0";

/** What a program says of itself. */
export interface ProgramVersion {
  readonly kind: EngineKind;
  /** Without a leading `v`; `unknown` for a build that does not tell. */
  readonly version: string;
  /** For instance `go1.26.8`. */
  readonly goVersion: string | undefined;
  /** Of the module that makes estargz layers, for instance `v0.18.2`; undefined where the program does not tell. */
  readonly estargzVersion?: string | undefined;
}

const ESTARGZ = "github.com/containerd/stargz-snapshotter/estargz";
/** The first that counts on no length of what Go compresses: containerd/stargz-snapshotter#2330. */
const SAFE_ESTARGZ = "0.19.0";

/** How to ask a program. */
export interface AskOptions {
  /** The value of PATH. */
  readonly path: string;
  readonly signal: AbortSignal;
}

/**
 * Asks a program for its version.
 *
 * @throws {Problem} `engine_missing` when it is neither buildkitd nor dockerd, or does not run here
 */
export async function askVersion(command: string, options: AskOptions): Promise<ProgramVersion> {
  let said: string;
  try {
    said = await runCommand(command, ["--version"], { env: { PATH: options.path }, signal: options.signal });
  } catch (error) {
    options.signal.throwIfAborted();
    throw engineNotUsable(command, error instanceof Error ? error.message : String(error));
  }
  const info = await readGoBuildInfo(command).catch(() => undefined);
  const parsed = parseVersionLine(said);
  if (!parsed) throw engineNotUsable(command, "it is neither buildkitd nor dockerd");
  const built = parsed.kind === "buildkitd" ? info?.modules.get("github.com/moby/buildkit") : undefined;
  // "go install" leaves the version out of what the program says, but not out of the program.
  const version = parsed.version === "unknown" && built?.startsWith("v") ? built.slice(1) : parsed.version;
  return { kind: parsed.kind, version, goVersion: info?.goVersion, estargzVersion: info?.modules.get(ESTARGZ) };
}

/** Reads what `buildkitd --version` and `dockerd --version` print; undefined for anything else. */
export function parseVersionLine(line: string): Pick<ProgramVersion, "kind" | "version"> | undefined {
  const buildkit = /^buildkitd \S+ v?(\S+)/.exec(line)?.[1];
  if (buildkit) return { kind: "buildkitd", version: buildkit.startsWith("0.0.0") ? "unknown" : buildkit };
  const docker = /^Docker version v?([^\s,]+)/.exec(line)?.[1];
  return docker ? { kind: "dockerd", version: /^\d/.test(docker) ? docker : "unknown" } : undefined;
}

/**
 * Refuses a program that is too old. One that does not tell its version passes.
 *
 * @throws {Problem} `engine_too_old`
 */
export function assertRecent(program: ProgramVersion): void {
  const oldest = OLDEST[program.kind];
  if (!isOlder(program.version, oldest)) return;
  throw engineTooOld({ name: NAMES[program.kind], version: program.version, oldest });
}

/** What a person should know about a program before builds of different people share a machine with it. */
export function versionWarnings(program: ProgramVersion): readonly string[] {
  const name = NAMES[program.kind];
  const safe = program.kind === "buildkitd" ? SAFE_BUILDKIT : SAFE_DOCKER;
  const warnings: string[] = [];
  if (program.version === "unknown") {
    warnings.push(`this ${name} does not tell its version: make sure that its BuildKit is ${SAFE_BUILDKIT} or later`);
  } else if (isOlder(program.version, safe)) {
    warnings.push(
      `${name} ${program.version} has published escapes from builds to the machine: use BuildKit ${SAFE_BUILDKIT} or later ` +
        "where people who do not trust each other build",
    );
  }
  for (const compression of unsafeCompressions(program)) {
    warnings.push(
      `this ${name} was built with ${program.goVersion} and would crash on compression=${compression}, which is refused`,
    );
  }
  return warnings;
}

/**
 * Compressions of layers on which a program would crash. What it says of itself decides; where that is not enough, an
 * engine that serves many is not put at risk.
 */
export function unsafeCompressions({ goVersion, estargzVersion }: ProgramVersion): readonly string[] {
  const isShorter = goVersion !== undefined && !isOlder(goVersion.replace(/^go/, ""), "1.27");
  const isMended = estargzVersion !== undefined && !isOlder(estargzVersion, SAFE_ESTARGZ);
  return isShorter && !isMended ? ["estargz"] : [];
}

/** Compares the numbers of two versions; what follows them (`+dfsg4`, `-rc1`) does not count, `unknown` is never older. */
export function isOlder(version: string, than: string): boolean {
  const [left, right] = [numbersOf(version), numbersOf(than)];
  if (left.length === 0) return false;
  for (let index = 0; index < Math.max(left.length, right.length); index++) {
    const difference = (left[index] ?? 0) - (right[index] ?? 0);
    if (difference !== 0) return difference < 0;
  }
  return false;
}

function numbersOf(version: string): readonly number[] {
  const digits = /^v?(\d+(?:\.\d+)*)/.exec(version)?.[1];
  return digits === undefined ? [] : digits.split(".").map(Number);
}
