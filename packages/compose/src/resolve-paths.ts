import { isAbsolutePath, isWindowsAbsolutePath, joinPath } from "./file-path.ts";
import { requireText } from "./merge.ts";
import { invalidModel } from "./problems.ts";
import { compileRules, type RuleNode } from "./tree-path.ts";
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
  visit(model, RESOLVERS, base);
}

function visit(value: ComposeValue, rules: RuleNode<Resolver>, base: PathBase): ComposeValue {
  if (rules.rule !== undefined) return rules.rule(value, base);
  if (isMapping(value)) {
    for (const [key, item] of value) {
      const below = rules.at(key);
      if (below !== undefined) value.set(key, visit(item, below, base));
    }
    return value;
  }
  const below = rules.at("[]");
  return Array.isArray(value) && below !== undefined ? value.map((item) => visit(item, below, base)) : value;
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

const RESOLVERS: RuleNode<Resolver> = compileRules<Resolver>({
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
