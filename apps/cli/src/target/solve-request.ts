import { Problem } from "@opendepot/base";
import { formatPlatform } from "@opendepot/oci";
import type { BuildRequest } from "../build/build-request.ts";
import type { CliProblemCode } from "../problems.ts";
import { sharedKeyOf } from "./shared-key.ts";

/** What the engine is told of a build, apart from the services of its session. */
export interface SolveRequest {
  readonly frontend: string;
  readonly frontendAttrs: Readonly<Record<string, string>>;
  readonly exporters: ReadonlyArray<{ readonly type: string; readonly attrs: Readonly<Record<string, string>> }>;
  readonly entitlements: readonly string[];
  readonly sharedKey: string;
  /** The folders that the engine may read, by the names that the attributes use. */
  readonly folders: Readonly<Record<string, string>>;
}

/** What a solve depends on beside the request. */
export interface SolveSurroundings {
  /** Names this machine. */
  readonly hostName: string;
  /** Build arguments for proxies. */
  readonly proxyArgs: Readonly<Record<string, string>>;
  /** `vcs:…` attributes and labels of the context's repository. */
  readonly vcsAttrs: Readonly<Record<string, string>>;
}

/**
 * Turns a build into what BuildKit's Dockerfile frontend takes: the one place that knows its attributes.
 * BuildKit: frontend/dockerui/config.go; buildx: build/opt.go `toSolveOpt`, `loadInputs`.
 *
 * @throws {Problem} `build_arg_invalid`
 */
export function toSolveRequest(request: BuildRequest, around: SolveSurroundings): SolveRequest {
  const { frontend, attrs } = chooseFrontend(request.buildArgs);
  const named = namedContexts(request, around.hostName);
  return {
    frontend,
    frontendAttrs: {
      ...around.vcsAttrs,
      ...attrs,
      filename: request.context.dockerfileName,
      ...prefixed("build-arg:", { ...around.proxyArgs, ...request.buildArgs }),
      ...prefixed("label:", request.labels),
      ...optional(request),
      ...named.attrs,
    },
    exporters: request.output ? [{ type: request.output.exporter, attrs: request.output.attributes }] : [],
    entitlements: request.network === "host" ? ["network.host"] : [],
    sharedKey: sharedKeyOf(request.context.folder, around.hostName),
    folders: { context: request.context.folder, dockerfile: request.context.dockerfileFolder, ...named.folders },
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

/** Attributes that are left out where their default is asked for: frontends tell an empty one from a missing one. */
function optional(request: BuildRequest): Attrs {
  const { noCache, platform, network, shmSize } = request;
  const attrs: Record<string, string | undefined> = {
    target: request.target,
    platform: platform && formatPlatform(platform),
    "no-cache": noCache === "all" ? "" : noCache.length > 0 ? noCache.join(",") : undefined,
    "image-resolve-mode": request.isPullForced ? "pull" : undefined,
    "force-network-mode": network === "default" ? undefined : network,
    "add-hosts": request.extraHosts || undefined,
    "shm-size": shmSize === undefined ? undefined : String(shmSize),
    ulimit: request.ulimits || undefined,
  };
  return Object.fromEntries(Object.entries(attrs).filter((entry): entry is [string, string] => entry[1] !== undefined));
}

function namedContexts(request: BuildRequest, hostName: string): { attrs: Attrs; folders: Attrs } {
  const attrs: Attrs = {};
  const folders: Attrs = {};
  for (const [name, context] of Object.entries(request.context.named)) {
    attrs["frontend.caps"] = "moby.buildkit.frontend.contexts+forward";
    if (context.kind === "reference") {
      attrs[`context:${name}`] = context.value;
      continue;
    }
    const folderName = name === "context" || name === "dockerfile" ? `_${name}` : name;
    folders[folderName] = context.path;
    attrs[`context:${name}`] = `local:${folderName}`;
    attrs[`sharedkey:localdir:${name}`] = sharedKeyOf(context.path, hostName);
  }
  return { attrs, folders };
}

function prefixed(prefix: string, values: Readonly<Attrs>): Attrs {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [prefix + key, value]));
}

function isTrue(value: string | undefined): boolean {
  return ["1", "t", "T", "true", "TRUE", "True"].includes(value ?? "");
}

function emptySyntax(): Problem<CliProblemCode> {
  return new Problem("build_arg_invalid", "the build argument BUILDKIT_SYNTAX is empty", {
    hint: "name a frontend image, or leave the argument out",
  });
}
