import { Problem } from "@opendepot/base";
import { defineFetched, type SolveInput, type TypeAndAttrs } from "@opendepot/buildkit";
import { formatPlatform, type Platform } from "@opendepot/oci";
import type { CliProblemCode } from "../problems.ts";
import type { NamedContext } from "./context.ts";
import { isTrue } from "./outputs.ts";
import { hasGitQuery } from "./remote-url.ts";
import { sharedKeyOf } from "./shared-key.ts";
import type { Target } from "./target.ts";

/** What the engine is told of a target, apart from exporters and the services of its session. */
export interface SolveRequest {
  readonly frontend: string;
  readonly frontendAttrs: Readonly<Record<string, string>>;
  /** What the builder prepares for the frontend, by the names that the attributes use. */
  readonly frontendInputs: NonNullable<SolveInput["frontendInputs"]>;
  readonly cacheImports: readonly TypeAndAttrs[];
  readonly cacheExports: readonly TypeAndAttrs[];
  readonly entitlements: readonly string[];
  readonly sharedKey: string | undefined;
  /** The folders that the engine may read, by the names that the attributes use. */
  readonly folders: Readonly<Record<string, string>>;
}

/** What a solve depends on beside the target. */
export interface SolveSurroundings {
  /** Names this machine. */
  readonly hostName: string;
  /** Those of the target's platforms that this solve builds; empty: the builder's own. */
  readonly platforms: readonly Platform[];
  /** Whether the result is one part of an index that is joined from several builders. */
  readonly isPart: boolean;
  /** Build arguments for proxies. */
  readonly proxyArgs: Readonly<Record<string, string>>;
  /** `vcs:…` attributes and labels of the context's repository. */
  readonly vcsAttrs: Readonly<Record<string, string>>;
  /** Where the parts of the context that are not folders are found. */
  readonly inputs: InputAddresses;
}

/** What stands in for contexts and Dockerfiles that are neither folders nor found by the engine itself. */
export interface InputAddresses {
  /** The address of an archive that comes from stdin. */
  readonly archive?: string | undefined;
  /** A folder that holds nothing but the Dockerfile, as `Dockerfile`. */
  readonly dockerfileFolder?: string | undefined;
  /** An empty folder. */
  readonly emptyFolder?: string | undefined;
  /** References to images in OCI layouts, by the name of their context. */
  readonly layouts: Readonly<Record<string, string>>;
}

/**
 * Turns a target into what BuildKit's Dockerfile frontend takes: the one place that knows its attributes.
 * BuildKit: frontend/dockerui/config.go; buildx: build/opt.go `toSolveOpt`, `loadInputs`.
 *
 * @throws {Problem} `build_arg_invalid`
 */
export function toSolveRequest(target: Target, around: SolveSurroundings): SolveRequest {
  const { frontend, attrs } = chooseFrontend(target.buildArgs);
  const context = contextAttrs(target, around);
  return {
    frontend,
    frontendAttrs: {
      ...around.vcsAttrs,
      ...attrs,
      ...(around.isPart && { "multi-platform": "true" }),
      ...prefixed("build-arg:", { ...around.proxyArgs, ...target.buildArgs }),
      ...prefixed("label:", target.labels),
      ...attestAttrs(target),
      ...target.resources,
      ...optional(target, around.platforms),
      ...context.attrs,
    },
    frontendInputs: inputsOf(target.context.named),
    cacheImports: target.cacheFrom,
    cacheExports: withInlineCache(target),
    entitlements: entitlementsOf(target),
    sharedKey: context.sharedKey,
    folders: context.folders,
  };
}

type Attrs = Record<string, string>;

/** `BUILDKIT_SYNTAX` names another frontend, with its command line. */
function chooseFrontend(buildArgs: Readonly<Attrs>): { frontend: string; attrs: Attrs } {
  const attrs: Attrs = isTrue(buildArgs["BUILDKIT_MULTI_PLATFORM"]) ? { "multi-platform": "true" } : {};
  const syntax = buildArgs["BUILDKIT_SYNTAX"];
  if (syntax === undefined) return { frontend: "dockerfile.v0", attrs };
  const source = syntax.trim().split(" ", 1)[0];
  if (!source) throw emptySyntax();
  return { frontend: "gateway.v0", attrs: { ...attrs, source, cmdline: syntax } };
}

function attestAttrs({ attests }: Target): Attrs {
  const wanted = Object.entries(attests).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return prefixed("attest:", Object.fromEntries(wanted));
}

function withInlineCache({ cacheTo, buildArgs }: Target): readonly TypeAndAttrs[] {
  return isTrue(buildArgs["BUILDKIT_INLINE_CACHE"]) ? [...cacheTo, { type: "inline" }] : cacheTo;
}

function entitlementsOf({ entitlements, network }: Target): string[] {
  return [...new Set([...entitlements, ...(network === "host" ? ["network.host"] : [])])];
}

/** Attributes that are left out where their default is asked for: frontends tell an empty one from a missing one. */
function optional(target: Target, platforms: readonly Platform[]): Attrs {
  const { noCache, network, shmSize } = target;
  const attrs: Record<string, string | undefined> = {
    target: target.stage,
    platform: platforms.length > 0 ? platforms.map(formatPlatform).join(",") : undefined,
    "no-cache": noCache === "all" ? "" : noCache.length > 0 ? noCache.join(",") : undefined,
    "image-resolve-mode": target.isPullForced ? "pull" : undefined,
    "force-network-mode": network === "default" ? undefined : network,
    "add-hosts": target.extraHosts || undefined,
    "shm-size": shmSize === undefined ? undefined : String(shmSize),
    ulimit: target.ulimits || undefined,
    "cgroup-parent": target.cgroupParent,
  };
  return Object.fromEntries(Object.entries(attrs).filter((entry): entry is [string, string] => entry[1] !== undefined));
}

interface ContextParts {
  readonly attrs: Attrs;
  readonly folders: Attrs;
  readonly sharedKey: string | undefined;
}

function contextAttrs(target: Target, around: SolveSurroundings): ContextParts {
  const { source } = target.context;
  const { inputs, hostName } = around;
  const named = namedContexts(target.context.named, around);
  const caps = new Set(named.caps);
  const attrs: Attrs = { ...named.attrs };
  const folders: Attrs = { ...named.folders };
  if (source.kind === "folder") folders["context"] = source.path;
  if (source.kind === "empty" && inputs.emptyFolder !== undefined) folders["context"] = inputs.emptyFolder;
  if (source.kind === "archive" && inputs.archive !== undefined) attrs["context"] = inputs.archive;
  if (source.kind === "url") {
    attrs["context"] = source.url;
    if (source.folder !== undefined) attrs["contextsubdir"] = source.folder;
    if (hasGitQuery(source.url)) caps.add(GIT_QUERY);
  }
  addDockerfile(target, inputs, { attrs, folders });
  if (caps.size > 0) attrs["frontend.caps"] = [...caps].sort().join(",");
  return { attrs, folders, sharedKey: source.kind === "folder" ? sharedKeyOf(source.path, hostName) : undefined };
}

const GIT_QUERY = "moby.buildkit.frontend.gitquerystring";

/** A Dockerfile from elsewhere than the context has a folder of its own, and says so. */
function addDockerfile(
  { context: { dockerfile, source } }: Target,
  inputs: InputAddresses,
  { attrs, folders }: { readonly attrs: Attrs; readonly folders: Attrs },
): void {
  if (dockerfile.kind === "in-context") {
    attrs["filename"] = dockerfile.name ?? "Dockerfile";
  } else if (dockerfile.kind === "file") {
    folders["dockerfile"] = dockerfile.folder;
    attrs["filename"] = dockerfile.name;
    if (source.kind !== "folder") attrs["dockerfilekey"] = "dockerfile";
  } else if (inputs.dockerfileFolder !== undefined) {
    folders["dockerfile"] = inputs.dockerfileFolder;
    attrs["filename"] = "Dockerfile";
    attrs["dockerfilekey"] = "dockerfile";
  }
}

function namedContexts(
  named: Readonly<Record<string, NamedContext>>,
  { hostName, inputs }: SolveSurroundings,
): { attrs: Attrs; folders: Attrs; caps: string[] } {
  const attrs: Attrs = {};
  const folders: Attrs = {};
  const caps = Object.keys(named).length > 0 ? ["moby.buildkit.frontend.contexts+forward"] : [];
  for (const [name, context] of Object.entries(named)) {
    if (context.kind === "folder") {
      const folderName = name === "context" || name === "dockerfile" ? `_${name}` : name;
      folders[folderName] = context.path;
      attrs[`context:${name}`] = `local:${folderName}`;
      attrs[`sharedkey:localdir:${name}`] = sharedKeyOf(context.path, hostName);
    } else if (context.kind === "fetched") {
      attrs[`context:${name}`] = `input:${inputNameOf(name)}`;
    } else {
      attrs[`context:${name}`] = context.kind === "reference" ? context.value : (inputs.layouts[name] ?? "");
      if (context.kind === "reference" && hasGitQuery(context.value)) caps.push(`${GIT_QUERY}+forward`);
    }
  }
  return { attrs, folders, caps };
}

function inputsOf(named: Readonly<Record<string, NamedContext>>): SolveRequest["frontendInputs"] {
  const entries = Object.entries(named).flatMap(([name, context]) =>
    context.kind === "fetched" ? [[inputNameOf(name), defineFetched(context.source, context.folder)] as const] : [],
  );
  return Object.fromEntries(entries);
}

/** Not the context's name alone: results of other targets are inputs by the names of these. */
function inputNameOf(contextName: string): string {
  return `fetched/${contextName}`;
}

function prefixed(prefix: string, values: Readonly<Attrs>): Attrs {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [prefix + key, value]));
}

function emptySyntax(): Problem<CliProblemCode> {
  return new Problem("build_arg_invalid", "the build argument BUILDKIT_SYNTAX is empty", {
    hint: "name a frontend image, or leave the argument out",
  });
}
