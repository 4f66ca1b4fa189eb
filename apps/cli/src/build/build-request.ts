import { resolve } from "node:path";
import type { SecretSource, SshSource } from "@opendepot/buildkit";
import type { Invocation } from "@opendepot/command";
import { formatReference, type Platform, parsePlatform, parseReference } from "@opendepot/oci";
import { type CliContext, type Environment, variable } from "../cli-context.ts";
import { flagConflict, flagNotYet, flagValueInvalid } from "../problems.ts";
import { type BuildContext, resolveContext } from "../target/context.ts";
import { parseContextNames } from "../target/context-names.ts";
import { parseExtraHosts } from "../target/extra-hosts.ts";
import { parseKeyValues } from "../target/key-values.ts";
import { outputMultiple, parseOutput, type ResolvedOutput, resolveOutput } from "../target/outputs.ts";
import { parseSecrets, resolveSecrets } from "../target/secrets.ts";
import { parseSize } from "../target/sizes.ts";
import { parseSsh } from "../target/ssh.ts";
import { parseUlimits } from "../target/ulimits.ts";
import { type ProgressMode, resolveProgress } from "./progress-mode.ts";

/** Everything that a build was asked for, checked and with defaults applied. */
export interface BuildRequest {
  readonly context: BuildContext;
  readonly target?: string | undefined;
  readonly tags: readonly string[];
  readonly buildArgs: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
  /** `all`, or the stages that are not taken from the cache; empty: everything may be. */
  readonly noCache: "all" | readonly string[];
  readonly isPullForced: boolean;
  readonly secrets: readonly SecretSource[];
  readonly ssh: readonly SshSource[];
  /** As the Dockerfile frontend takes it; empty for none. */
  readonly extraHosts: string;
  readonly network: "default" | "host" | "none";
  /** In bytes; absent: the engine's default. */
  readonly shmSize?: number | undefined;
  /** As the Dockerfile frontend takes it; empty for none. */
  readonly ulimits: string;
  /** Absent: the builder's own, chosen by this machine's architecture. */
  readonly platform?: Platform | undefined;
  /** Absent: the result stays in the cache. */
  readonly output?: ResolvedOutput | undefined;
  /** Whether the person asked for no output by `cacheonly`, rather than naming none. */
  readonly isOutputNamed: boolean;
  readonly progress: ProgressMode;
  readonly isQuiet: boolean;
  readonly imageIdFile?: string | undefined;
  readonly metadataFile?: string | undefined;
}

type Surroundings = Pick<CliContext, "environment" | "cwd" | "host" | "terminal">;

/**
 * Reads the flags of `depot build` by buildx's rules for repeats, defaults and conflicts.
 *
 * @throws {Problem} the codes of the parsers in this folder
 */
export async function resolveBuildRequest(invocation: Invocation, around: Surroundings): Promise<BuildRequest> {
  const { environment, cwd } = around;
  const options = resolveOptions(invocation, around);
  const [output, context, secrets] = await Promise.all([
    resolveOnlyOutput(invocation, around, options.tags),
    resolveContext(
      {
        path: invocation.operands[0] ?? "",
        dockerfile: text(invocation, "file"),
        named: parseContextNames(invocation.list("build-context")),
      },
      cwd,
    ),
    resolveSecrets(parseSecrets(invocation.list("secret")), { environment, cwd }),
  ]);
  refuseImageIdWithoutImage(options.imageIdFile, output);
  return { ...options, context, secrets, output, isOutputNamed: outputTexts(invocation).length > 0 };
}

type Options = Omit<BuildRequest, "context" | "secrets" | "output" | "isOutputNamed">;

function resolveOptions(invocation: Invocation, { environment, cwd, host }: Surroundings): Options {
  const shmSize = text(invocation, "shm-size");
  return {
    ...resolveFiles(invocation, cwd),
    ...resolveProgress(invocation, environment),
    target: text(invocation, "target"),
    tags: invocation.list("tag").map(checkTag),
    buildArgs: resolveBuildArgs(invocation.list("build-arg"), environment),
    labels: parseKeyValues(invocation.list("label"), { flag: "--label" }),
    noCache: resolveNoCache(invocation),
    isPullForced: invocation.switch("pull"),
    ssh: parseSsh(invocation.list("ssh"), { environment, cwd }),
    extraHosts: parseExtraHosts(invocation.list("add-host")),
    network: resolveNetwork(text(invocation, "network") ?? "default"),
    shmSize: shmSize === undefined ? undefined : parseSize("--shm-size", shmSize) || undefined,
    ulimits: parseUlimits(invocation.list("ulimit")),
    platform: resolvePlatform(invocation, { environment, host }),
  };
}

function resolveFiles(invocation: Invocation, cwd: string): Pick<BuildRequest, "imageIdFile" | "metadataFile"> {
  const [imageId, metadata] = [text(invocation, "iidfile"), text(invocation, "metadata-file")];
  return { imageIdFile: imageId && resolve(cwd, imageId), metadataFile: metadata && resolve(cwd, metadata) };
}

/** An empty value is as good as none, as with Go's flags. */
function text(invocation: Invocation, name: string): string | undefined {
  return invocation.text(name) || undefined;
}

function checkTag(tag: string): string {
  return formatReference(parseReference(tag));
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

function resolvePlatform(
  invocation: Invocation,
  { environment, host }: Pick<CliContext, "environment" | "host">,
): Platform | undefined {
  const fallback = variable(environment, "DOCKER_DEFAULT_PLATFORM");
  const given = invocation.has("platform") ? invocation.list("platform") : fallback === undefined ? [] : [fallback];
  const names = [...new Set(given.flatMap((value) => value.split(",")).filter((name) => name !== ""))];
  if (names.length > 1) throw flagNotYet("--platform with several platforms", "build one after the other");
  return names[0] === undefined ? undefined : parsePlatform(names[0], host);
}

function outputTexts(invocation: Invocation): string[] {
  return invocation.list("output").filter((value) => value !== "");
}

async function resolveOnlyOutput(
  invocation: Invocation,
  { cwd, terminal }: Surroundings,
  tags: readonly string[],
): Promise<ResolvedOutput | undefined> {
  const specs = outputTexts(invocation).map(parseOutput);
  if (specs.length > 1) throw outputMultiple();
  const [spec] = specs;
  return spec && (await resolveOutput(spec, { cwd, isStdoutTerminal: terminal.stdout.isTTY === true, tags }));
}

function refuseImageIdWithoutImage(imageIdFile: string | undefined, output: ResolvedOutput | undefined): void {
  if (imageIdFile === undefined || (output?.exporter !== "local" && output?.exporter !== "tar")) return;
  throw flagConflict(
    "local and tar exporters are incompatible with image ID file",
    "leave --iidfile out, or use type=oci",
  );
}
