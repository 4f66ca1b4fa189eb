import { dotenvFailure, parseDotenv } from "./dotenv.ts";
import { resourceDirectory } from "./extends.ts";
import { directoryOf, isAbsolutePath, joinPath } from "./file-path.ts";
import { type Environment, LIMITS, type LoadScope } from "./load-options.ts";
import { mergeValues } from "./merge.ts";
import { composeProblem, invalidModel, limitExceeded, missingFile } from "./problems.ts";
import { readText } from "./read-file.ts";
import type { TreePath } from "./tree-path.ts";
import { type ComposeMapping, type ComposeValue, goKind, goPrintAsText, goType, isMapping } from "./value.ts";
import { forgetPaths } from "./yaml/reset.ts";

/** One entry of `include`, in its long form. */
interface IncludeEntry {
  readonly paths: readonly string[];
  readonly projectDirectory: string;
  readonly envFiles: readonly string[];
}

/** What resolving `include` needs besides the model. */
export interface IncludeContext {
  readonly scope: LoadScope;
  readonly resetPaths: readonly TreePath[];
  /** Loads the files of one entry, merged. */
  readonly loadFiles: (paths: readonly string[], scope: LoadScope) => ComposeMapping;
}

/**
 * Loads what a model includes and adds it, as compose-go v2 does (`loader/include.go`): each entry is a project of its
 * own, with its directory and `.env`, before it is merged below what is here. `model` is changed.
 *
 * @throws {Problem} `compose_invalid`, `compose_cycle`, `compose_file`, `dotenv_syntax`, `compose_limit`
 */
export function applyInclude(model: ComposeMapping, context: IncludeContext): void {
  for (const entry of readEntries(model.get("include") ?? null)) includeEntry(model, entry, context);
  model.delete("include");
}

function readEntries(value: ComposeValue): IncludeEntry[] {
  if (value === null) return [];
  if (!Array.isArray(value)) throw invalidModel(`\`include\` must be a list, got ${goPrintAsText(value)}`);
  return value.map((item, index) => {
    if (typeof item === "string") return { paths: [item], projectDirectory: "", envFiles: [] };
    if (!isMapping(item)) throw decodeFailure([`'[${index}]' expected a map or struct, got "${goKind(item)}"`]);
    const texts = (key: string): string[] => toTexts(item.get(key), `[${index}].${key}`);
    return {
      paths: texts("path"),
      projectDirectory: texts("project_directory").join(""),
      envFiles: texts("env_file"),
    };
  });
}

function toTexts(value: ComposeValue | undefined, name: string): string[] {
  if (value === undefined || value === null) return [];
  const items = Array.isArray(value) ? value : [value];
  return items.map((item) => {
    if (typeof item === "string") return item;
    throw decodeFailure([`'${name}' invalid type ${goType(value)} for string list`]);
  });
}

/** The errors of reading a model into its types, in mapstructure's words. */
export function decodeFailure(errors: readonly string[]): Error {
  return invalidModel(`decoding failed due to the following error(s):\n\n${errors.join("\n")}`);
}

function includeEntry(model: ComposeMapping, entry: IncludeEntry, context: IncludeContext): void {
  const { scope, resetPaths, loadFiles } = context;
  const paths = entry.paths.map((path) => (isAbsolutePath(path) ? path : joinPath(scope.resourceDir, path)));
  const [main] = paths;
  if (main === undefined) return;
  if (scope.included.includes(main)) throw includeCycle([...scope.included, main]);
  if (scope.included.length > LIMITS.includeDepth)
    throw limitExceeded(`include leads deeper than ${LIMITS.includeDepth} files`);
  const place = projectPlace(entry, main, scope);
  const environment = includeEnvironment(entry, place.projectDirectory, scope);
  const inner: LoadScope = {
    ...scope,
    environment,
    workingDir: place.workingDir,
    resourceDir: place.projectDirectory,
  };
  importResources(model, loadFiles(paths, inner), resetPaths);
}

function projectPlace(
  entry: IncludeEntry,
  main: string,
  scope: LoadScope,
): { workingDir: string; projectDirectory: string } {
  const given = entry.projectDirectory;
  if (given === "") return { workingDir: resourceDirectory(main, scope), projectDirectory: directoryOf(main) };
  if (isAbsolutePath(given)) return { workingDir: given, projectDirectory: given };
  return { workingDir: resourceDirectory(given, scope), projectDirectory: joinPath(scope.workingDir, given) };
}

function includeCycle(files: readonly string[]): Error {
  const [first, ...rest] = files;
  return composeProblem("compose_cycle", `include cycle detected:\n${first}\n include ${rest.join("\n include ")}`, {
    hint: "remove one of these includes",
  });
}

/** The scope's variables, and below them those of the entry's environment files. */
function includeEnvironment(entry: IncludeEntry, projectDirectory: string, scope: LoadScope): Environment {
  const { options, environment } = scope;
  const fromFiles = new Map<string, string>();
  for (const path of envFilePaths(entry, projectDirectory, scope)) {
    const absolute = isAbsolutePath(path) ? path : joinPath(options.workingDir, path);
    if (options.isDirectory?.(path) === true) throw composeProblem("compose_file", `${absolute} is a directory`);
    const content = options.readFile(path);
    if (content === undefined) throw composeProblem("compose_file", `couldn't find env file: ${absolute}`);
    try {
      const lookup = (name: string): string | undefined => environment.get(name) ?? fromFiles.get(name);
      parseDotenv(readText(path, options), lookup, fromFiles);
    } catch (error) {
      throw dotenvFailure(absolute, error);
    }
  }
  return new Map([...fromFiles, ...environment]);
}

function envFilePaths(entry: IncludeEntry, projectDirectory: string, scope: LoadScope): string[] {
  const { options } = scope;
  if (entry.envFiles.length === 0) {
    const path = joinPath(projectDirectory, ".env");
    const isThere = options.isDirectory?.(path) !== true && options.readFile(path) !== undefined;
    return isThere ? [path] : [];
  }
  const named = entry.envFiles.filter((path) => path !== "/dev/null");
  return named.map((file) => {
    if (isAbsolutePath(file)) return file;
    const path = joinPath(scope.workingDir, file);
    if (options.isDirectory?.(path) === true) throw composeProblem("compose_file", `${path} is not a file`);
    if (options.readFile(path) === undefined) throw missingFile("stat", path);
    return path;
  });
}

const RESOURCES = ["services", "volumes", "networks", "secrets", "configs", "models"];

function importResources(model: ComposeMapping, imported: ComposeMapping, resetPaths: readonly TreePath[]): void {
  for (const kind of RESOURCES) {
    const from = imported.get(kind);
    if (!isMapping(from)) continue;
    const existing = model.get(kind);
    const to: ComposeMapping = isMapping(existing) ? existing : new Map();
    for (const [name, value] of from) {
      const conflict = to.get(name);
      if (conflict === undefined) {
        to.set(name, value);
        continue;
      }
      forgetPaths(new Map([[kind, new Map([[name, value]])]]), resetPaths);
      to.set(name, mergeValues(value, conflict, [kind, name]));
    }
    model.set(kind, to);
  }
}
