import { Problem, systemClock } from "@opendepot/base";
import { type DockerClient, findDocker, openDocker } from "@opendepot/docker";
import { formatPlatform, type NormalizedReference, type Platform, parseNormalizedReference } from "@opendepot/oci";
import type { CliContext } from "../cli-context.ts";
import { loadObstacle, startSweep } from "../load/index.ts";
import type { CliProblemCode } from "../problems.ts";
import { dockerConfigFolder } from "../target/docker-config.ts";
import type { Output } from "../target/outputs.ts";
import type { Target } from "../target/target.ts";
import type { BuilderPart } from "./parts.ts";

/** The Docker that a target's image is for. Disposing closes the connections to it. */
export interface LoadTarget extends AsyncDisposable {
  readonly docker: DockerClient;
  /** Why Docker cannot pull what it lacks, in words that follow "since"; undefined when it is worth a try. */
  readonly obstacle: string | undefined;
  /** That of its containers. */
  readonly platform: Platform;
  /** Exporter attributes for the image. */
  readonly attributes: Readonly<Record<string, string>>;
}

type LoadOutput = Output & { readonly kind: "load" };

/**
 * Finds the Docker for a target that is to be loaded, before anything is built; undefined for one that is not.
 *
 * @throws {Problem} `docker_unavailable`, `docker_permission_denied` and others of `@opendepot/docker`
 */
export async function openLoadTarget({ outputs }: Target, context: CliContext): Promise<LoadTarget | undefined> {
  const output = outputs.find((one): one is LoadOutput => one.kind === "load");
  if (output === undefined) return undefined;
  const { environment, host, signal } = context;
  const ofContext = output.dockerContext === undefined ? {} : { DOCKER_HOST: "", DOCKER_CONTEXT: output.dockerContext };
  const { address } = await findDocker({
    environment: { ...environment, ...ofContext },
    configFolder: dockerConfigFolder(context),
    platform: host.platform,
  });
  await using cleanup = new AsyncDisposableStack();
  const docker = cleanup.use(openDocker({ address, environment }));
  const [obstacle, daemon] = await Promise.all([
    loadObstacle(docker, { platform: host.platform, signal }),
    docker.daemon({ signal }),
  ]);
  if (obstacle === undefined) cleanup.use(startSweep(docker, { clock: systemClock, signal }));
  const owned = cleanup.move();
  return {
    docker,
    obstacle,
    platform: toPlatform(daemon),
    attributes: output.attributes,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

const KERNEL_NAMES: Readonly<Record<string, string>> = { x86_64: "amd64", aarch64: "arm64", armv7l: "arm" };

/** The platform of a Docker's containers, as images name it. */
export function toPlatform({ os, architecture }: { readonly os: string; readonly architecture: string }): Platform {
  return { os, architecture: KERNEL_NAMES[architecture] ?? architecture };
}

/** What of a target is loaded: a Docker takes one image. */
export interface LoadablePart {
  readonly part: BuilderPart;
  /** Which of the part's platforms; undefined for its only one. */
  readonly platform: Platform | undefined;
}

/**
 * Chooses what a Docker gets of several platforms: its own.
 *
 * @throws {Problem} `platform_not_loadable`
 */
export function chooseLoadable(parts: readonly BuilderPart[], own: Platform): LoadablePart {
  const [only] = parts;
  if (only !== undefined && parts.length === 1 && only.platforms.length <= 1)
    return { part: only, platform: undefined };
  for (const part of parts) {
    const platform = part.platforms.find(({ os, architecture }) => os === own.os && architecture === own.architecture);
    if (platform !== undefined) return { part, platform };
  }
  throw notLoadable(parts, own);
}

function notLoadable(parts: readonly BuilderPart[], own: Platform): Problem<CliProblemCode> {
  const built = parts.flatMap(({ platforms }) => platforms.map(formatPlatform)).join(", ");
  return new Problem(
    "platform_not_loadable",
    `none of ${built} is for the local Docker, which is ${formatPlatform(own)}`,
    {
      hint: `add ${formatPlatform(own)} to --platform, name one platform only, or leave --load out`,
    },
  );
}

/** What a build without `--tag` is called in Docker. */
export interface UnnamedBuild {
  readonly projectId?: string | undefined;
  readonly buildId?: string | undefined;
  /** Tells targets of one build apart. */
  readonly suffix: string;
}

/** The names of an image in the local Docker: the target's tags, or the hosted product's name for a build without. */
export function loadNames(
  { tags }: Target,
  { projectId, buildId, suffix }: UnnamedBuild,
): [NormalizedReference, ...NormalizedReference[]] {
  const [first, ...others] = tags.map(parseNormalizedReference);
  if (first !== undefined) return [first, ...others];
  const tag = `build-${buildId ?? "local"}${suffix}`;
  return [{ domain: "docker.io", path: `library/depot-project-${projectId ?? "local"}`.toLowerCase(), tag }];
}
