import { join, normalize, resolve } from "node:path";
import type { Target as BakeTarget } from "@opendepot/bake";
import {
  type Attestation,
  annotationAttribute,
  type Call,
  formatOutput,
  parseExtraHosts,
  parseOutput,
  parseUlimits,
  readAnnotations,
  readCall,
  readEntitlements,
  readSize,
} from "@opendepot/buildflags";
import { formatReference, type Platform, parsePlatform, parseReference } from "@opendepot/oci";
import type { CliContext } from "../cli-context.ts";
import { flagValueInvalid } from "../problems.ts";
import { archiveSource } from "../target/archive-source.ts";
import { resolveAttests } from "../target/attests.ts";
import { resolveCaches } from "../target/caches.ts";
import { type BuildContext, type NamedContext, resolveContext } from "../target/context.ts";
import { resolveOutputs } from "../target/outputs.ts";
import { isRemoteUrl } from "../target/remote-url.ts";
import { resourceAttributes } from "../target/resources.ts";
import { resolveSecrets } from "../target/secrets.ts";
import { resolveSsh } from "../target/ssh.ts";
import type { Target } from "../target/target.ts";
import { agentsFor, gitSecretsForContext } from "./git-access.ts";
import { readGitSource } from "./git-source.ts";
import type { RemoteDefinition } from "./remote-definition.ts";

/** What a bake target is turned into a target of ours with. */
export interface BakeSurroundings {
  readonly context: CliContext;
  /** The names under which compose looks for a target's image, for when it is loaded without tags. */
  readonly imageName: string | undefined;
  readonly sbomFolder: string | undefined;
  readonly isLocalDeleteAllowed: boolean;
  /** Whether `--save` was given. */
  readonly isSaved: boolean;
  /** Where the definition comes from when it is not from here. */
  readonly remote: Pick<RemoteDefinition, "kind" | "url"> | undefined;
  /** The context as it is written; undefined for `.`. */
  readonly writtenContext: string | undefined;
}

/** A target of a bake file as it is built. */
export interface BakedTarget {
  readonly target: Target;
  readonly call: Call | undefined;
  /** The project that the file names for it. */
  readonly projectId: string | undefined;
  /** Targets that are contexts of this one, by the names of the contexts. */
  readonly links: ReadonlyMap<string, string>;
  /** Whether it is only built for another one. */
  readonly isLinked: boolean;
}

/**
 * Turns a target of a bake file, resolved and prepared, into what is built: buildx bake `toBuildOpt`.
 *
 * @throws {Problem} those of the rooms of `target/`
 */
export async function toTarget(bake: BakeTarget, around: BakeSurroundings): Promise<BakedTarget> {
  const { context, sbomFolder } = around;
  const tags = tagsOf(bake, around);
  const [source, outputs, services] = await Promise.all([
    contextOf(bake, around),
    outputsOf(bake, tags, around),
    servicesOf(bake, around),
  ]);
  return {
    target: {
      name: bake.name,
      context: source,
      stage: bake.target || undefined,
      tags,
      ...services,
      ...limitsOf(bake),
      ...cachesOf(bake, context),
      buildArgs: textsOf(bake.args),
      labels: textsOf(bake.labels),
      isPullForced: bake.pull ?? false,
      extraHosts: parseExtraHosts(Object.entries(textsOf(bake["extra-hosts"])).map(([name, ip]) => `${name}=${ip}`)),
      network: networkOf(bake.network ?? "default"),
      platforms: platformsOf(bake, context),
      outputs,
      isOutputNamed: (bake.output ?? []).length > 0 || around.isSaved,
      attests: resolveAttests([...(bake.attest ?? []), ...sbomOf(bake, sbomFolder)], context.environment),
      sbomFolder: bake.isLinked ? undefined : sbomFolder,
      entitlements: readEntitlements(bake.entitlements ?? []).granted,
    },
    call: readCall(bake.call ?? ""),
    projectId: bake.project_id || undefined,
    links: linksOf(bake),
    isLinked: bake.isLinked ?? false,
  };
}

type Parts<Key extends keyof Target> = Pick<Target, Key>;

async function servicesOf(
  { secret = [], ssh = [], context = "." }: BakeTarget,
  { context: { environment, cwd }, remote }: BakeSurroundings,
): Promise<Parts<"secrets" | "ssh">> {
  const all = remote === undefined ? secret : [...secret, ...gitSecretsForContext(context, remote.url, environment)];
  const specs = all.map(({ id, src, env }) => ({ id, path: src || undefined, env: env || undefined }));
  const agents = agentsFor(ssh, context, remote?.url).map(({ id, paths }) => ({ id: id || "default", paths }));
  return {
    secrets: await resolveSecrets(specs, { environment, cwd }),
    ssh: resolveSsh(agents, { environment, cwd }),
  };
}

function limitsOf({ "shm-size": shmSize, ulimits, resources }: BakeTarget): Parts<"shmSize" | "ulimits" | "resources"> {
  return {
    shmSize: shmSize ? Number(readSize(shmSize)) || undefined : undefined,
    ulimits: parseUlimits(ulimits ?? []),
    resources: resourceAttributes(resources ?? new Map()),
  };
}

function cachesOf(bake: BakeTarget, context: CliContext): Parts<"cacheFrom" | "cacheTo" | "noCache"> {
  const around = { environment: context.environment, cwd: context.cwd, warn: context.terminal.warn };
  return {
    cacheFrom: resolveCaches("cache-from", bake["cache-from"] ?? [], around),
    cacheTo: resolveCaches("cache-to", bake["cache-to"] ?? [], around),
    noCache: bake["no-cache"] ? "all" : (bake["no-cache-filter"] ?? []),
  };
}

function platformsOf({ platforms = [] }: BakeTarget, { host }: CliContext): Platform[] {
  return platforms.flatMap((list) => list.split(",")).map((name) => parsePlatform(name, host));
}

function tagsOf({ tags = [], output = [] }: BakeTarget, { imageName }: BakeSurroundings): string[] {
  const isLoaded = output.some(({ type, dest }) => type === "docker" && dest === "");
  const named = tags.length === 0 && isLoaded && imageName !== undefined ? [imageName] : tags;
  return named.map((tag) => formatReference(parseReference(tag)));
}

/** What is null in the file is left out. */
function textsOf(texts: ReadonlyMap<string, string | null> | undefined): Record<string, string> {
  return Object.fromEntries([...(texts ?? [])].filter((entry): entry is [string, string] => entry[1] !== null));
}

const TARGET = "target:";

function linksOf({ contexts }: BakeTarget): Map<string, string> {
  const entries = [...(contexts ?? [])].filter(([, value]) => value.startsWith(TARGET));
  return new Map(entries.map(([name, value]) => [name, value.slice(TARGET.length)]));
}

/** The Dockerfile of a local context is relative to the context. */
async function contextOf(bake: BakeTarget, around: BakeSurroundings): Promise<BuildContext> {
  const { cwd } = around.context;
  const path = bake.context ?? ".";
  const dockerfile = dockerfileOf(bake, cwd);
  const folder = archiveFolder(around);
  const isApart = isRemoteUrl(path) || /^(?:\/|https?:\/\/)/.test(dockerfile);
  const inContext = folder === undefined ? join(path, dockerfile) : join(folder, dockerfile);
  const fetched = fetchedContexts(bake, around);
  const others = [...(bake.contexts ?? [])].filter(([name]) => fetched[name] === undefined);
  const named = others.map(([name, value]): [string, string] => [name, localPath(value)]);
  const found = await resolveContext(
    {
      path: folder === undefined ? path : (around.remote?.url ?? path),
      dockerfile: isApart ? dockerfile : inContext,
      dockerfileText: bake["dockerfile-inline"],
      named: Object.fromEntries(named),
    },
    { cwd, readStdin: () => Promise.reject(new Error("bake contexts never come from stdin")) },
  );
  const { source } = found;
  const isWhole = source.kind !== "url" || folder === undefined || folder === ".";
  return { ...found, source: isWhole ? source : { ...source, folder }, named: { ...found.named, ...fetched } };
}

/** A Dockerfile of this machine for a remote definition is named with `cwd://`. */
function dockerfileOf({ dockerfile = "Dockerfile" }: BakeTarget, cwd: string): string {
  return dockerfile.startsWith(LOCAL) ? resolve(cwd, localPath(dockerfile)) : dockerfile;
}

const LOCAL = "cwd://";

function localPath(text: string): string {
  return text.startsWith(LOCAL) ? text.slice(LOCAL.length) : text;
}

/** The folder of a remote archive that is the context; undefined when the context is something else. */
function archiveFolder({ remote, writtenContext = "." }: BakeSurroundings): string | undefined {
  if (remote?.kind !== "archive" || writtenContext.startsWith(LOCAL) || isRemoteUrl(writtenContext)) return undefined;
  return normalize(writtenContext);
}

/** Further contexts that are folders of the repository or archive that the definition comes from. */
function fetchedContexts({ contexts }: BakeTarget, { remote }: BakeSurroundings): Record<string, NamedContext> {
  if (remote === undefined || remote.kind === "file") return {};
  const source = remote.kind === "archive" ? archiveSource(remote.url) : readGitSource(remote.url);
  if (source === undefined) throw new Error("a repository whose address is none");
  const inside = [...(contexts ?? [])].filter(([, value]) => !value.startsWith(LOCAL) && !isElsewhere(value));
  return Object.fromEntries(inside.map(([name, folder]) => [name, { kind: "fetched", source, folder }]));
}

function isElsewhere(context: string): boolean {
  return isRemoteUrl(context) || /^(?:target:|docker-image:|oci-layout:\/\/)/.test(context);
}

async function outputsOf(
  bake: BakeTarget,
  tags: readonly string[],
  { context, isLocalDeleteAllowed, isSaved }: BakeSurroundings,
): Promise<Target["outputs"]> {
  const { cwd, terminal, host } = context;
  const annotations = readAnnotations(bake.annotations ?? [], host).map(annotationAttribute);
  return await resolveOutputs((bake.output ?? []).map(formatOutput).map(parseOutput), {
    cwd,
    isStdoutTerminal: terminal.stdout.isTTY === true,
    tags,
    isPushed: false,
    isLoaded: false,
    isSaved: isSaved && !bake.isLinked,
    annotations: Object.fromEntries(annotations),
    isLocalDeleteAllowed,
  });
}

function sbomOf({ attest = [], isLinked }: BakeTarget, sbomFolder: string | undefined): Attestation[] {
  if (sbomFolder === undefined || isLinked || attest.some(({ type }) => type === "sbom")) return [];
  return [{ type: "sbom", isDisabled: false, attributes: new Map() }];
}

function networkOf(mode: string): Target["network"] {
  if (mode === "" || mode === "default") return "default";
  if (mode === "host" || mode === "none") return mode;
  throw flagValueInvalid("network", mode, "BuildKit has no such network", "use default, host or none");
}
