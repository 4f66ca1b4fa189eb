import { Problem } from "@opendepot/base";

/** Codes of the problems that builders and engines raise. */
export type BuilderProblemCode =
  | "architecture_unavailable"
  | "cache_reset_failed"
  | "disk_full"
  | "engine_died"
  | "engine_install_failed"
  | "engine_missing"
  | "engine_start_failed"
  | "engine_stopped"
  | "engine_too_old"
  | "host_command_failed";

const THREE_WAYS =
  "put buildkitd and runc on PATH, or name an engine's binary (buildkitd or dockerd) in the server's settings, " +
  "or run the server as root on Debian or Ubuntu, where it installs a private engine by itself";

/** No engine was found and none may be installed here; `reason` says why not. */
export function engineMissing(reason: string): Problem<BuilderProblemCode> {
  return new Problem("engine_missing", `no build engine found: ${reason}`, { hint: THREE_WAYS });
}

/** The configured engine is not there, or is no engine that we know. */
export function engineNotUsable(path: string, reason: string): Problem<BuilderProblemCode> {
  return new Problem("engine_missing", `the configured engine ${path} cannot be used: ${reason}`, { hint: THREE_WAYS });
}

/** What an engine that is too old is called, and what would do. */
export interface TooOld {
  readonly name: string;
  readonly version: string;
  readonly oldest: string;
}

/** The engine cannot do what builds need. */
export function engineTooOld({ name, version, oldest }: TooOld): Problem<BuilderProblemCode> {
  return new Problem("engine_too_old", `${name} ${version} is too old to build with`, {
    hint: `install ${name} ${oldest} or later`,
    detail: { version, oldest },
  });
}

/** An engine process did not come up; `lastLines` are the end of its log. */
export function engineStartFailed(reason: string, options: EngineFailure = {}): Problem<BuilderProblemCode> {
  return failure("engine_start_failed", `the build engine did not start: ${reason}`, options);
}

/** An engine process ended by itself while it was wanted. */
export function engineDied(reason: string, options: EngineFailure = {}): Problem<BuilderProblemCode> {
  return failure("engine_died", `the build engine died: ${reason}`, options);
}

/** The engine was stopped on purpose: idle, reset, or the server is going down. */
export function engineStopped(): Problem<BuilderProblemCode> {
  return new Problem("engine_stopped", "the build engine was stopped", { hint: "run the build again" });
}

/** What is known about an engine's failure. */
export interface EngineFailure {
  readonly lastLines?: readonly string[] | undefined;
  readonly logFile?: string | undefined;
  readonly cause?: unknown;
}

/** The volume that holds caches has no room left. */
export function diskFull(folder: string, cause?: unknown): Problem<BuilderProblemCode> {
  return new Problem("disk_full", `no space left on the disk that holds ${folder}`, {
    hint: "free some space, lower the projects' cache sizes, or empty a cache with: depot cache reset",
    cause,
  });
}

/** This machine can run no builder of the architecture. */
export function architectureUnavailable(architecture: string, native: string): Problem<BuilderProblemCode> {
  return new Problem("architecture_unavailable", `this ${native} machine cannot run ${architecture} builds`, {
    hint: `register an emulator for ${architecture} (on Debian and Ubuntu: apt-get install qemu-user-static binfmt-support)`,
  });
}

/** A private engine could not be installed. */
export function engineInstallFailed(reason: string, options: InstallFailure = {}): Problem<BuilderProblemCode> {
  return new Problem("engine_install_failed", `the private engine could not be installed: ${reason}`, {
    hint: options.hint ?? `check the network and apt's proxy settings and try again; otherwise ${THREE_WAYS}`,
    detail: { reason },
    cause: options.cause,
  });
}

/** What is known about a failed installation. */
export interface InstallFailure {
  readonly hint?: string | undefined;
  readonly cause?: unknown;
}

/** A builder's cache volume could not be emptied. */
export function cacheResetFailed(folder: string, cause: unknown): Problem<BuilderProblemCode> {
  return new Problem("cache_reset_failed", `the cache volume ${folder} could not be emptied`, {
    hint: "check that the server may write there and that nothing else is mounted below it",
    cause,
  });
}

/** A program of this machine failed; `output` is the end of what it wrote. */
export function hostCommandFailed(command: string, reason: string, output: string): Problem<BuilderProblemCode> {
  const said = output.trim().split("\n").slice(-3).join("; ");
  return new Problem("host_command_failed", `${command} ${reason}${said ? `: ${said}` : ""}`, { detail: { output } });
}

function failure(code: BuilderProblemCode, message: string, options: EngineFailure): Problem<BuilderProblemCode> {
  const lines = options.lastLines ?? [];
  if (lines.some((line) => line.includes("no space left on device"))) {
    return new Problem("disk_full", `${message}; no space left on the disk of its cache volume`, {
      hint: "free some space, lower the projects' cache sizes, or empty a cache with: depot cache reset",
      detail: { lastLines: lines },
      cause: options.cause,
    });
  }
  const last = lines.findLast((line) => !/\blevel=(?:debug|info|warning)\b/.test(line)) ?? lines.at(-1);
  return new Problem(code, last ? `${message}; its last words: ${last}` : message, {
    hint: options.logFile ? `the engine's log is ${options.logFile}` : "run the build again",
    detail: { lastLines: lines, ...(options.logFile ? { logFile: options.logFile } : {}) },
    cause: options.cause,
  });
}
