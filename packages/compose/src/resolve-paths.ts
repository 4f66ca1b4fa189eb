import { isAbsolutePath, isWindowsAbsolutePath, joinPath } from "./file-path.ts";
import { requireText } from "./merge.ts";
import { invalidModel } from "./problems.ts";
import { PathRules, type TreePath } from "./tree-path.ts";
import { type ComposeMapping, type ComposeValue, goType, isMapping } from "./value.ts";

/** What relative paths are relative to. */
export interface PathBase {
  /** Put before relative paths; empty leaves them relative to where the command runs, but cleans them. */
  readonly workingDir: string;
  /** What a leading `~` stands for; undefined leaves it alone. */
  readonly homeDir: string | undefined;
}

/**
 * Puts `workingDir` before the relative paths of a model, as compose-go v2 does (`paths/resolve.go`). `model` is changed.
 *
 * @throws {Problem} `compose_invalid` for a path that is not a string
 */
export function resolvePaths(model: ComposeMapping, base: PathBase): void {
  visit(model, [], base);
}

function visit(value: ComposeValue, path: TreePath, base: PathBase): ComposeValue {
  const resolver = RESOLVERS.find(path);
  if (resolver !== undefined) return resolver(value, base);
  if (isMapping(value)) {
    for (const [key, item] of value) value.set(key, visit(item, [...path, key], base));
    return value;
  }
  return Array.isArray(value) ? value.map((item) => visit(item, [...path, "[]"], base)) : value;
}

type Resolver = (value: ComposeValue, base: PathBase) => ComposeValue;

const REMOTE_PREFIXES = ["https://", "http://", "git://", "ssh://", "github.com/", "git@"];

const contextPath: Resolver = (value, base) => {
  const context = requireText(value);
  const isElsewhere =
    context.includes("://") ||
    context.startsWith("service:") ||
    REMOTE_PREFIXES.some((prefix) => context.startsWith(prefix));
  return isElsewhere ? context : plainPath(context, base);
};

const plainPath: Resolver = (value, base) => {
  if (Array.isArray(value)) return value.map((item) => plainPath(item, base));
  if (typeof value !== "string") throw invalidModel(`unexpected type ${goType(value)}`);
  const path = expandHome(value, base);
  return isAbsolutePath(path) || path === "" ? path : joinPath(base.workingDir, path);
};

const extendsPath: Resolver = (value, base) => plainPath(requireText(value), base);

const unixPath: Resolver = (value, base) => {
  if (typeof value !== "string") return value;
  const path = expandHome(value, base);
  return isAbsolutePath(path) || isWindowsAbsolutePath(path) ? path : joinPath(base.workingDir, path);
};

const volumeSource: Resolver = (value, base) => {
  if (!isMapping(value) || value.get("type") !== "bind") return value;
  const source = value.get("source");
  if (source === undefined) throw invalidModel('invalid mount config for type "bind": field Source must not be empty');
  value.set("source", unixPath(requireText(source), base));
  return value;
};

const RESOLVERS = new PathRules<Resolver>({
  "services.*.build.context": contextPath,
  "services.*.build.additional_contexts.*": contextPath,
  "services.*.build.ssh.*": unixPath,
  "services.*.env_file.*.path": plainPath,
  "services.*.label_file.*": plainPath,
  "services.*.extends.file": extendsPath,
  "services.*.develop.watch.*.path": plainPath,
  "services.*.volumes.*": volumeSource,
  "configs.*.file": unixPath,
  "secrets.*.file": unixPath,
  "include.path": plainPath,
  "include.project_directory": plainPath,
  "include.env_file": plainPath,
});

function expandHome(path: string, { homeDir }: PathBase): string {
  return path.startsWith("~") && homeDir !== undefined ? joinPath(homeDir, path.slice(1)) : path;
}
