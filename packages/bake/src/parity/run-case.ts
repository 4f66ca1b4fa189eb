import { isProblem } from "@opendepot/base";
import {
  expandShorthands,
  filesOfEnvironment,
  type HostChecks,
  type HostEntry,
  type HostFault,
  isEnvironmentUsed,
  isFileRelative,
  listTargets,
  listVariables,
  prepareTargets,
  printDefinition,
  readBakeDefinition,
  readListRequest,
  readVariables,
  resolveTargets,
  splitWords,
} from "../index.ts";
import { type BakeFile, chooseFiles } from "../lookup.ts";
import { cleanPath, joinPaths } from "../text/paths.ts";
import type { ParityCase, RecordedRun } from "./case-file.ts";

/** Runs a case as the command line does, over files in memory. */
export async function runCase(parityCase: ParityCase): Promise<RecordedRun> {
  try {
    return { exitCode: 0, stdout: await run(parityCase), stderr: "" };
  } catch (thrown) {
    if (!isProblem(thrown)) throw thrown;
    const excerpt = typeof thrown.detail["excerpt"] === "string" ? thrown.detail["excerpt"] : "";
    return { exitCode: 1, stdout: "", stderr: `${excerpt}ERROR: ${thrown.message}\n` };
  }
}

async function run(parityCase: ParityCase): Promise<string> {
  const flags = readFlags(parityCase.args);
  const environment = new Map(Object.entries({ PATH: "/bin", HOME: "/root", ...parityCase.environment }));
  const variable = (name: string) => environment.get(name);
  const isUsed = isEnvironmentUsed(variable);
  const checks = new CaseHost(parityCase.files, variable);
  const shorthands = expandShorthands(flags);
  const names = flags.files.length > 0 ? flags.files : filesOfEnvironment(variable, ":");
  const files = readFiles(parityCase, names);
  const definition = await readBakeDefinition(files, {
    environment: isUsed ? environment : new Map(),
    variables: readVariables(flags.vars),
    dotenv: parityCase.files.get(".env"),
    workingDir: "/case",
    commandContext: splitWords(flags.words).commandContext,
    host: checks.host,
    isFileRelative: isFileRelative(variable),
    functions: { now: () => 0, homeDirectory: () => "/root", randomBytes: (size) => new Uint8Array(size) },
    readFile: (path) => checks.read(path),
    isDirectory: (path) => checks.isFolder(path),
  });
  if (flags.list !== undefined) {
    const { type, format } = readListRequest(flags.list);
    return type === "targets" ? listTargets(definition, format) : listVariables(definition.variables, format);
  }
  const resolved = resolveTargets(definition, splitWords(flags.words).targets, {
    overrides: [...flags.overrides, ...shorthands.overrides],
    variable,
    isEnvironmentUsed: isUsed,
    isPolicyDisabled: shorthands.isPolicyDisabled,
  });
  return printDefinition({ ...resolved, targets: await prepareTargets(resolved.targets, checks) });
}

function readFiles({ files }: ParityCase, names: readonly string[]): BakeFile[] {
  return chooseFiles(names).flatMap(({ name, isOptional }): BakeFile[] => {
    const text = files.get(cleanPath(name));
    if (text !== undefined) return [{ name, text }];
    if (isOptional) return [];
    throw new Error(`case without its file ${name}`);
  });
}

interface Flags {
  readonly words: readonly string[];
  readonly files: readonly string[];
  readonly overrides: readonly string[];
  readonly vars: readonly string[];
  readonly policy: readonly string[];
  readonly list: string | undefined;
  readonly sbom: string | undefined;
  readonly provenance: string | undefined;
  readonly call: string | undefined;
  readonly push: boolean;
  readonly load: boolean;
  readonly pull: boolean | undefined;
  readonly noCache: boolean | undefined;
}

function readFlags(args: readonly string[]): Flags {
  const given = new Map<string, string[]>();
  const words: string[] = [];
  for (let at = 0; at < args.length; at++) {
    const [name = "", ...rest] = (args[at] ?? "").split("=");
    if (!name.startsWith("-")) words.push(args[at] ?? "");
    else {
      const isBare = ["--print", "--push", "--load", "--pull", "--no-cache", "--check"].includes(name);
      const value = rest.length > 0 ? rest.join("=") : isBare ? "true" : (args[++at] ?? "");
      given.set(name, [...(given.get(name) ?? []), value]);
    }
  }
  const all = (name: string) => given.get(name) ?? [];
  const flag = (name: string) => (given.has(name) ? all(name).at(-1) === "true" : undefined);
  return {
    words,
    files: [...all("-f"), ...all("--file")],
    overrides: all("--set"),
    vars: all("--var"),
    policy: all("--policy"),
    list: all("--list").at(-1),
    sbom: all("--sbom").at(-1),
    provenance: all("--provenance").at(-1),
    call: given.has("--check") ? "check" : all("--call").at(-1),
    push: flag("--push") ?? false,
    load: flag("--load") ?? false,
    pull: flag("--pull"),
    noCache: flag("--no-cache"),
  };
}

class CaseHost implements HostChecks {
  readonly isStdoutTerminal = false;
  readonly workingFolder = "/case";
  readonly host = { platform: "linux", arch: "x64" };
  readonly variable: (name: string) => string | undefined;
  readonly #files: ReadonlyMap<string, string>;

  constructor(files: ReadonlyMap<string, string>, variable: (name: string) => string | undefined) {
    this.#files = new Map([...files].map(([path, text]) => [joinPaths("/case", path.replace(/\/$/, "/.keep")), text]));
    this.variable = variable;
  }

  read(path: string): Uint8Array | undefined {
    const text = this.#files.get(this.#absolute(path));
    return text === undefined ? undefined : new TextEncoder().encode(text);
  }

  isFolder(path: string): boolean {
    const prefix = `${this.#absolute(path).replace(/\/$/, "")}/`;
    return [...this.#files.keys()].some((name) => `${name}/`.startsWith(prefix) && name !== prefix.slice(0, -1));
  }

  async stat(path: string): Promise<HostEntry | HostFault> {
    const absolute = this.#absolute(path);
    const text = this.#files.get(absolute);
    if (text !== undefined) return { kind: "file", size: text.length };
    if (this.isFolder(path)) return { kind: "folder", size: 0 };
    const isInFile = [...this.#files.keys()].some((name) => absolute.startsWith(`${name}/`));
    return { code: isInFile ? "ENOTDIR" : "ENOENT" };
  }

  async privateKeyFault(path: string): Promise<string | undefined> {
    return `failed to parse ${path}: ssh: no key found`;
  }

  #absolute(path: string): string {
    return path.startsWith("/") ? cleanPath(path) : joinPaths("/case", path);
  }
}
