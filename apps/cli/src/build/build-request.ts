import { resolve } from "node:path";
import {
  annotationAttribute,
  attestationShorthand,
  type Call,
  parseContextNames,
  parseExtraHosts,
  parseKeyValues,
  parseOutput,
  parseSecrets,
  parseSize,
  parseSsh,
  parseUlimits,
  RESOURCE_NAMES,
  readAnnotations,
  readAttestations,
  readCacheEntries,
  readCall,
  readEntitlements,
  readResources,
} from "@opendepot/buildflags";
import type { Invocation } from "@opendepot/command";
import { formatPlatform, formatReference, type Platform, parsePlatform, parseReference } from "@opendepot/oci";
import { type CliContext, type Environment, variable } from "../cli-context.ts";
import { flagConflict, flagValueInvalid } from "../problems.ts";
import type { Lint } from "../subrequest/lint-level.ts";
import { resolveAttests } from "../target/attests.ts";
import { resolveCaches } from "../target/caches.ts";
import { resolveContext } from "../target/context.ts";
import { type Output, resolveOutputs } from "../target/outputs.ts";
import { isGitOverSsh } from "../target/remote-url.ts";
import { resourceAttributes } from "../target/resources.ts";
import { resolveSecrets } from "../target/secrets.ts";
import { resolveSsh } from "../target/ssh.ts";
import { readStdinContent, type StdinContent } from "../target/stdin.ts";
import type { Target } from "../target/target.ts";
import { type BuildPlatform, parseBuildPlatform } from "./build-platform.ts";
import { resolveLint } from "./lint-flags.ts";
import { type ProgressMode, resolveProgress } from "./progress-mode.ts";
import { resolveSaveTags } from "./save-flags.ts";

/** Everything that `depot build` was asked for, checked and with defaults applied. */
export interface BuildRequest {
  readonly target: Target;
  /** What the frontend is asked for instead of a build. */
  readonly call?: Call | undefined;
  readonly lint?: Lint | undefined;
  /** The tags under which the image is saved beside the build's id; undefined: it is not saved. */
  readonly saveTags?: readonly string[] | undefined;
  readonly buildPlatform: BuildPlatform;
  readonly progress: ProgressMode;
  readonly isQuiet: boolean;
  readonly imageIdFile?: string | undefined;
  readonly metadataFile?: string | undefined;
}

type Surroundings = Pick<CliContext, "environment" | "cwd" | "host" | "terminal" | "stdin">;

/**
 * Reads the flags of `depot build` by buildx's rules for repeats, defaults and conflicts.
 *
 * @throws {Problem} the codes of `@opendepot/buildflags` and of the rooms of `target/`
 */
export async function resolveBuildRequest(invocation: Invocation, around: Surroundings): Promise<BuildRequest> {
  const { environment, cwd } = around;
  const path = invocation.operands[0] ?? "";
  const options = resolveOptions(invocation, around);
  const [outputs, context, secrets] = await Promise.all([
    resolveTargetOutputs(invocation, around, options.tags),
    resolveContext(
      { path, dockerfile: text(invocation, "file"), named: parseContextNames(invocation.list("build-context")) },
      { cwd, readStdin: () => readStdin(around) },
    ),
    resolveSecrets(parseSecrets(invocation.list("secret")), { environment, cwd }),
  ]);
  const files = resolveFiles(invocation, cwd);
  refuseImageIdWithoutImage(files.imageIdFile, outputs);
  return {
    target: { ...options, context, secrets, outputs, isOutputNamed: isOutputNamed(invocation) },
    ...files,
    ...resolveProgress(invocation, environment),
    call: resolveCall(invocation),
    lint: resolveLint(invocation),
    saveTags: resolveSaveTags(invocation),
    buildPlatform: parseBuildPlatform(text(invocation, "build-platform")),
  };
}

type Options = Omit<Target, "context" | "secrets" | "outputs" | "isOutputNamed">;

function resolveOptions(invocation: Invocation, around: Surroundings): Options {
  const { environment, cwd, host, terminal } = around;
  const shmSize = text(invocation, "shm-size");
  const caches = { environment, cwd, warn: terminal.warn };
  return {
    name: "default",
    stage: text(invocation, "target"),
    tags: invocation.list("tag").map((tag) => formatReference(parseReference(tag))),
    buildArgs: resolveBuildArgs(invocation.list("build-arg"), environment),
    labels: parseKeyValues(invocation.list("label"), { flag: "--label" }),
    noCache: resolveNoCache(invocation),
    isPullForced: invocation.switch("pull"),
    ssh: resolveSsh(parseSsh(sshValues(invocation)), { environment, cwd }),
    extraHosts: parseExtraHosts(invocation.list("add-host")),
    network: resolveNetwork(text(invocation, "network") ?? "default"),
    shmSize: shmSize === undefined ? undefined : parseSize("--shm-size", shmSize) || undefined,
    ulimits: parseUlimits(invocation.list("ulimit")),
    cgroupParent: text(invocation, "cgroup-parent"),
    resources: resourceAttributes(readResources([...legacyResources(invocation), ...invocation.list("resource")])),
    platforms: resolvePlatforms(invocation, { environment, host }),
    attests: resolveAttests(readAttestations(attestValues(invocation)), environment),
    sbomFolder: resolvePath(invocation, "sbom-dir", cwd),
    cacheFrom: resolveCaches("cache-from", readCacheEntries(invocation.list("cache-from")), caches),
    cacheTo: resolveCaches("cache-to", readCacheEntries(invocation.list("cache-to")), caches),
    entitlements: readEntitlements(invocation.list("allow")).granted,
  };
}

async function resolveTargetOutputs(
  invocation: Invocation,
  { cwd, terminal, host }: Surroundings,
  tags: readonly string[],
): Promise<Output[]> {
  const annotations = readAnnotations(invocation.list("annotation"), host).map(annotationAttribute);
  return await resolveOutputs(outputTexts(invocation).map(parseOutput), {
    cwd,
    isStdoutTerminal: terminal.stdout.isTTY === true,
    tags,
    isPushed: invocation.switch("push"),
    isLoaded: invocation.switch("load"),
    isSaved: resolveSaveTags(invocation) !== undefined,
    annotations: Object.fromEntries(annotations),
    isLocalDeleteAllowed: readEntitlements(invocation.list("allow")).isLocalDeleteAllowed,
  });
}

function readStdin({ stdin }: Surroundings): Promise<StdinContent> {
  return readStdinContent(stdin());
}

function resolveFiles(invocation: Invocation, cwd: string): Pick<BuildRequest, "imageIdFile" | "metadataFile"> {
  return {
    imageIdFile: resolvePath(invocation, "iidfile", cwd),
    metadataFile: resolvePath(invocation, "metadata-file", cwd),
  };
}

function resolvePath(invocation: Invocation, name: string, cwd: string): string | undefined {
  const path = text(invocation, name);
  return path && resolve(cwd, path);
}

/** An empty value is as good as none, as with Go's flags. */
function text(invocation: Invocation, name: string): string | undefined {
  return invocation.text(name) || undefined;
}

/** `SOURCE_DATE_EPOCH` goes along as in buildx, unless an argument sets it. */
function resolveBuildArgs(values: readonly string[], environment: Environment): Record<string, string> {
  const args = parseKeyValues(values, { flag: "--build-arg", fallback: environment });
  const epoch = variable(environment, "SOURCE_DATE_EPOCH");
  return epoch === undefined || "SOURCE_DATE_EPOCH" in args ? args : { ...args, SOURCE_DATE_EPOCH: epoch };
}

function resolveNoCache(invocation: Invocation): "all" | readonly string[] {
  const stages = invocation.list("no-cache-filter");
  if (!invocation.switch("no-cache")) return stages;
  if (stages.length === 0) return "all";
  throw flagConflict("--no-cache and --no-cache-filter cannot currently be used together", "use one of them");
}

function resolveNetwork(mode: string): "default" | "host" | "none" {
  if (mode === "default" || mode === "host" || mode === "none") return mode;
  throw flagValueInvalid("--network", mode, "BuildKit has no such network", "use default, host or none");
}

/** A private repository over SSH wants the person's agent without being told: buildx commands/build.go. */
function sshValues(invocation: Invocation): readonly string[] {
  const values = invocation.list("ssh");
  return values.length === 0 && isGitOverSsh(invocation.operands[0] ?? "") ? ["default"] : values;
}

/** The flags by which `docker build` limited steps before BuildKit. */
function legacyResources(invocation: Invocation): string[] {
  return RESOURCE_NAMES.flatMap((name) => {
    const value = text(invocation, name);
    return value === undefined ? [] : [`${name}=${value}`];
  });
}

function attestValues(invocation: Invocation): string[] {
  return [
    ...invocation.list("attest"),
    attestationShorthand("provenance", text(invocation, "provenance") ?? ""),
    attestationShorthand("sbom", text(invocation, "sbom") ?? (invocation.has("sbom-dir") ? "true" : "")),
  ];
}

function resolvePlatforms(
  invocation: Invocation,
  { environment, host }: Pick<CliContext, "environment" | "host">,
): Platform[] {
  const fallback = variable(environment, "DOCKER_DEFAULT_PLATFORM");
  const given = invocation.has("platform") ? invocation.list("platform") : fallback === undefined ? [] : [fallback];
  const names = given.flatMap((value) => value.split(",")).filter((name) => name !== "");
  const platforms = names.map((name) => parsePlatform(name, host));
  return [...new Map(platforms.map((platform) => [formatPlatform(platform), platform])).values()];
}

function resolveCall(invocation: Invocation): Call | undefined {
  const method = text(invocation, "call") ?? text(invocation, "print");
  return readCall(invocation.switch("check") ? "check" : (method ?? ""));
}

function outputTexts(invocation: Invocation): string[] {
  return invocation.list("output").filter((value) => value !== "");
}

function isOutputNamed(invocation: Invocation): boolean {
  const isAsked = invocation.switch("push") || invocation.switch("load") || resolveSaveTags(invocation) !== undefined;
  return isAsked || outputTexts(invocation).length > 0;
}

function refuseImageIdWithoutImage(imageIdFile: string | undefined, outputs: readonly Output[]): void {
  const hasNoImage = outputs.some((output) => output.kind === "files" && ["local", "tar"].includes(output.exporter));
  if (imageIdFile === undefined || !hasNoImage) return;
  throw flagConflict(
    "local and tar exporters are incompatible with image ID file",
    "leave --iidfile out, or use type=oci",
  );
}
