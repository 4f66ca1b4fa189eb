import type { Problem } from "@opendepot/base";
import { parseGoBool } from "@opendepot/buildflags";
import { describeFault } from "./hosts/host-checks.ts";
import { type BakeProblemCode, bakeProblem } from "./problems.ts";
import { isRemoteUrl } from "./text/remote-urls.ts";

/**
 * The files that are read when none are named; all that exist are merged, in this order. The hosted product's
 * documentation has another order; this is buildx's.
 */
export const DEFAULT_BAKE_FILES: readonly string[] = [
  "compose.yaml",
  "compose.yml",
  "docker-compose.yml",
  "docker-compose.yaml",
  "docker-bake.json",
  "docker-bake.hcl",
  "docker-bake.override.json",
  "docker-bake.override.hcl",
];

/** A file that was read. */
export interface BakeFile {
  /** As it was named; `-` for stdin. */
  readonly name: string;
  readonly text: string;
}

/** A file's name and where it lies. */
export interface FileChoice {
  readonly name: string;
  /** Named with `cwd://`: read from here although the definition is a remote one. */
  readonly isLocal: boolean;
  /** One of the default files, which may be missing. */
  readonly isOptional: boolean;
}

/** Which files are read: those of `-f`, or else the default ones. */
export function chooseFiles(names: readonly string[]): FileChoice[] {
  if (names.length === 0) return DEFAULT_BAKE_FILES.map((name) => ({ name, isLocal: false, isOptional: true }));
  return names.map((name) => {
    const isLocal = name.startsWith("cwd://");
    return { name: isLocal ? name.slice("cwd://".length) : name, isLocal, isOptional: false };
  });
}

/**
 * The files that `BUILDX_BAKE_FILE` names, for when there is no `-f`; the caller checks that all but `-` exist.
 *
 * @param variable looks up an environment variable
 * @param separator of paths on this machine, `:` or `;`
 */
export function filesOfEnvironment(variable: (name: string) => string | undefined, separator: string): string[] {
  const between = variable("BUILDX_BAKE_PATH_SEPARATOR") || separator;
  const files = variable("BUILDX_BAKE_FILE")?.split(between) ?? [];
  return files.map((name) => name.trim()).filter((name) => name !== "");
}

/** The words of a command line: an address, another one for the command's own context, and targets. */
export interface BakeWords {
  /** Where the definition comes from; undefined for local files. */
  readonly url: string | undefined;
  /** The value of `BAKE_CMD_CONTEXT`. */
  readonly commandContext: string;
  readonly targets: readonly string[];
}

/** Tells addresses from targets: buildx v0.36 commands/bake.go `bakeArgs`. */
export function splitWords(words: readonly string[]): BakeWords {
  const [first, second] = words;
  if (first === undefined || !isRemoteUrl(first)) return { url: undefined, commandContext: "cwd://", targets: words };
  if (second === undefined || !isRemoteUrl(second))
    return { url: first, commandContext: "cwd://", targets: words.slice(1) };
  return { url: first, commandContext: second, targets: words.slice(2) };
}

/**
 * Reads repeated `--var NAME=VALUE`; empty texts are skipped.
 *
 * @throws {Problem} `bake_flag_invalid`
 */
export function readVariables(texts: readonly string[]): ReadonlyMap<string, string> {
  const variables = new Map<string, string>();
  for (const text of texts.filter((one) => one !== "")) {
    const equals = text.indexOf("=");
    if (equals < 0)
      throw bakeProblem("bake_flag_invalid", `invalid variable ${JSON.stringify(text)}, expected key=value`);
    if (equals === 0) throw bakeProblem("bake_flag_invalid", `invalid variable ${JSON.stringify(text)}, key is empty`);
    variables.set(text.slice(0, equals), text.slice(equals + 1));
  }
  return variables;
}

/** Whether variables may be set from the environment: not with a true `BUILDX_BAKE_DISABLE_VARS_ENV_LOOKUP`. */
export function isEnvironmentUsed(variable: (name: string) => string | undefined): boolean {
  return parseGoBool(variable("BUILDX_BAKE_DISABLE_VARS_ENV_LOOKUP") ?? "") !== true;
}

/**
 * Whether contexts are relative to the files that name them: `BUILDX_BAKE_FILE_RELATIVE_PATHS`.
 *
 * @throws {Problem} `bake_flag_invalid`
 */
export function isFileRelative(variable: (name: string) => string | undefined): boolean {
  const name = "BUILDX_BAKE_FILE_RELATIVE_PATHS";
  const text = variable(name)?.trim() ?? "";
  if (text === "") return false;
  const isRelative = parseGoBool(text);
  if (isRelative !== undefined) return isRelative;
  const quoted = JSON.stringify(text);
  const message = `failed to parse ${name} value ${quoted}: strconv.ParseBool: parsing ${quoted}: invalid syntax`;
  throw bakeProblem("bake_flag_invalid", message);
}

/**
 * A named file that cannot be read, told as buildx tells it.
 *
 * @param code of the system's error, for instance `ENOENT`
 */
export function fileUnreadable(name: string, code: string, cause?: unknown): Problem<BakeProblemCode> {
  const operation = code === "EISDIR" ? "read" : "open";
  return bakeProblem("bake_file_unreadable", `${operation} ${name}: ${describeFault({ code })}`, { cause });
}

/** No definition anywhere. */
export function definitionMissing(): Problem<BakeProblemCode> {
  return bakeProblem("bake_definition_missing", "couldn't find a bake definition", {
    hint: `write a docker-bake.hcl, or name a file with -f; looked for ${DEFAULT_BAKE_FILES.join(", ")}`,
  });
}
