import { BuildApi, type GetPullInfoResponseJson } from "@opendepot/api";
import { isProblem, Secret } from "@opendepot/base";
import { formatReference, type NormalizedReference, parseNormalizedReference, withDefaultTag } from "@opendepot/oci";
import { readImageName, type SavedPlace } from "./image-name.ts";
import type { ImageCommand } from "./open-images.ts";
import { buildNotSaved, imageUnknown, targetUnknown } from "./problems.ts";

/** A saved image, with what is needed to read it. */
export interface SavedImage {
  /** In the server's registry. */
  readonly reference: NormalizedReference;
  readonly projectId: string;
  readonly buildId: string | undefined;
  /** The target of a bake. */
  readonly target: string | undefined;
  /** The names that its build gave it. */
  readonly tags: readonly string[];
  readonly username: string;
  readonly password: Secret;
}

/** Who tokens are for, in the hosted product's registry and in ours. */
const TOKEN_USER = "x-token";

/**
 * Finds the images that are meant by a build's id, a tag or a reference: of a bake all that were saved, or `targets`.
 *
 * @throws {Problem} `build_not_saved`, `target_unknown`, `image_unknown`, those of the API
 */
export async function findSavedImages(
  name: string,
  targets: readonly string[],
  command: ImageCommand,
): Promise<readonly [SavedImage, ...SavedImage[]]> {
  const { buildId, places } = readImageName(name, command);
  const info = buildId === undefined ? undefined : await askForBuild(buildId, command);
  if (buildId !== undefined && info !== undefined) return imagesOfBuild(buildId, info, targets);
  const [unknownTarget] = targets;
  for (const place of places) {
    const image = await askForPlace(place, command);
    if (image === undefined) continue;
    if (unknownTarget !== undefined) throw targetUnknown(unknownTarget, []);
    return [image];
  }
  throw imageUnknown(name, command.projectId);
}

/** What the server answers when it does not know, or does not want to. */
const UNKNOWN: ReadonlySet<unknown> = new Set(["not_found", "invalid_argument", "permission_denied"]);

function isUnknown(error: unknown): boolean {
  return isProblem(error) && UNKNOWN.has(error.detail["connectCode"]);
}

async function askForBuild(
  buildId: string,
  { server, context: { signal } }: ImageCommand,
): Promise<GetPullInfoResponseJson | undefined> {
  try {
    return await server.api.call(BuildApi.getPullInfo, { buildId }, { signal });
  } catch (error) {
    if (isUnknown(error)) return undefined;
    throw error;
  }
}

async function askForPlace(
  { projectId, repository, reference }: SavedPlace,
  { server, registryHost, context: { signal } }: ImageCommand,
): Promise<SavedImage | undefined> {
  const separator = reference.includes(":") ? "@" : ":";
  const image = parseNormalizedReference(`${registryHost}/${repository}${separator}${reference}`);
  const found = { reference: image, projectId, buildId: undefined, target: undefined, tags: [], username: TOKEN_USER };
  try {
    const { token = "" } = await server.api.call(BuildApi.getPullToken, { projectId }, { signal });
    return { ...found, password: new Secret(token) };
  } catch (error) {
    // A token that may only pull makes no others, and needs none.
    if (isProblem(error, "not_permitted")) return { ...found, password: server.token };
    if (isUnknown(error)) return undefined;
    throw error;
  }
}

function imagesOfBuild(
  buildId: string,
  { reference = "", username = "", password = "", options = [], saveForLoad = false }: GetPullInfoResponseJson,
  targets: readonly string[],
): readonly [SavedImage, ...SavedImage[]] {
  const image = withDefaultTag(parseNormalizedReference(reference));
  const [projectId = ""] = image.path.split("/", 1);
  const common = { projectId, buildId, username, password: new Secret(password) };
  const saved = options.filter(({ save }) => save || saveForLoad);
  if (saved.length === 0 && options.length > 0) throw buildNotSaved(buildId);
  const named = saved.filter(({ command }) => command === "COMMAND_BAKE");
  if (named.length === 0) {
    const [unknownTarget] = targets;
    if (unknownTarget !== undefined) throw targetUnknown(unknownTarget, []);
    return [{ ...common, reference: image, target: undefined, tags: saved[0]?.tags ?? [] }];
  }
  const known = named.flatMap(({ targetName }) => targetName ?? []);
  for (const target of targets) if (!known.includes(target)) throw targetUnknown(target, known);
  const wanted = named.filter(({ targetName = "" }) => targets.length === 0 || targets.includes(targetName));
  const images = wanted.map(({ targetName = "", tags = [] }) => ({
    ...{ ...common, target: targetName, tags },
    reference: { ...image, tag: `${image.tag}-${targetName}` },
  }));
  const [first, ...others] = images;
  if (first === undefined) throw targetUnknown(undefined, known);
  return [first, ...others];
}

/** For people. */
export function describeImage({ reference }: SavedImage): string {
  return formatReference(reference);
}
