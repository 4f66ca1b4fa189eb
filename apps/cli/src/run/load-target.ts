import { Problem } from "@opendepot/base";
import { formatPlatform, type NormalizedReference, type Platform, parseNormalizedReference } from "@opendepot/oci";
import type { CliContext } from "../cli-context.ts";
import { type LocalDocker, openLocalDocker } from "../load/index.ts";
import type { CliProblemCode } from "../problems.ts";
import type { Output } from "../target/outputs.ts";
import type { Target } from "../target/target.ts";
import type { BuilderPart } from "./parts.ts";

/** The Docker that a target's image is for. Disposing closes the connections to it. */
export interface LoadTarget extends LocalDocker {
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
  return { ...(await openLocalDocker(context, output.dockerContext)), attributes: output.attributes };
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
