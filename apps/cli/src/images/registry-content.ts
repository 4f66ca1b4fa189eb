import {
  type Descriptor,
  type Digest,
  formatPlatform,
  isIndexType,
  isSamePlatform,
  normalizePlatform,
  type Platform,
  parseIndex,
  parseManifest,
} from "@opendepot/oci";
import type { RegistryRepository, RemoteManifest } from "@opendepot/registry-client";
import type { ContentSource } from "../load/content-source.ts";
import { imageUnknown, platformNotAvailable } from "./problems.ts";

/** An image in a registry, to be read as one on a builder is. */
export interface RegistryImage {
  readonly content: ContentSource;
  /** Of its manifest or index. */
  readonly descriptor: Descriptor;
  /** Which image of an index; undefined where there is no index. */
  readonly platform: Platform | undefined;
}

/** Which image is meant. */
export interface WantedImage {
  /** A tag or digest. */
  readonly reference: string;
  readonly platform: Platform;
  readonly signal: AbortSignal;
}

/**
 * Finds the image of a platform, so that it can be loaded from the registry as from a builder.
 *
 * @throws {Problem} `image_unknown`, `platform_not_available`, those of the repository
 */
export async function openRegistryImage(
  repository: RegistryRepository,
  { reference, platform, signal }: WantedImage,
): Promise<RegistryImage> {
  const root = await repository.manifest(reference, { signal });
  if (root === undefined) throw imageUnknown(`${repository.name}:${reference}`, undefined);
  const { descriptor, bytes } = root;
  if (!isIndexType(descriptor.mediaType)) {
    const only = await platformOf(repository, root, signal);
    if (only !== undefined && !isFitting(only, platform)) throw notAvailable(platform, [only]);
    return { content: registryContent(repository, [root]), descriptor, platform: undefined };
  }
  const { manifests } = parseIndex(bytes, descriptor.mediaType);
  const images = manifests.filter(({ platform: own }) => own !== undefined && own.architecture !== "unknown");
  const chosen = images.find((image) => image.platform && isFitting(image.platform, platform));
  if (chosen === undefined)
    throw notAvailable(
      platform,
      images.flatMap((image) => image.platform ?? []),
    );
  const content = registryContent(repository, [root], [chosen]);
  return { content, descriptor, platform: chosen.platform };
}

function notAvailable(wanted: Platform, available: readonly Platform[]): Error {
  return platformNotAvailable(formatPlatform(wanted), available.map(formatPlatform));
}

/** A platform without a variant takes any. */
function isFitting(own: Platform, wanted: Platform): boolean {
  const normalized = normalizePlatform(own);
  const { variant: _, ...withoutVariant } = normalized;
  return isSamePlatform(wanted.variant === undefined ? withoutVariant : normalized, wanted);
}

const MAX_CONFIG_BYTES = 4 * 1024 * 1024;

/** What the configuration of an image says; undefined where it says nothing. */
async function platformOf(
  repository: RegistryRepository,
  { bytes, descriptor }: RemoteManifest,
  signal: AbortSignal,
): Promise<Platform | undefined> {
  const { config } = parseManifest(bytes, descriptor.mediaType);
  if (config.size > MAX_CONFIG_BYTES) return undefined;
  const pieces: Uint8Array[] = [];
  for await (const piece of repository.blob(config.digest, { size: config.size, signal })) pieces.push(piece);
  const { os, architecture, variant } = Object(JSON.parse(Buffer.concat(pieces).toString("utf8"))) as Platform;
  return os && architecture ? normalizePlatform({ os, architecture, variant }) : undefined;
}

/**
 * A repository as a source of content. Registries keep manifests apart from blobs: `known` are those that were read
 * already, `listed` those that an index names.
 */
export function registryContent(
  repository: Pick<RegistryRepository, "manifest" | "blob" | "hasBlob">,
  known: readonly RemoteManifest[],
  listed: readonly Descriptor[] = [],
): ContentSource {
  const manifests = new Map(known.map(({ descriptor, bytes }) => [String(descriptor.digest), bytes]));
  const readable = new Set<string>(listed.map(({ digest }) => digest));
  const manifestBytes = async (digest: string, signal: AbortSignal): Promise<Uint8Array | undefined> => {
    const bytes = manifests.get(digest);
    if (bytes !== undefined || !readable.has(digest)) return bytes;
    const found = await repository.manifest(digest, { signal });
    if (found) manifests.set(digest, found.bytes);
    return found?.bytes;
  };
  return {
    info: async (digest, signal) => {
      const bytes = await manifestBytes(digest, signal);
      return bytes && { size: bytes.length };
    },
    async *read(digest, offset, size, signal) {
      const bytes = await manifestBytes(digest, signal);
      if (bytes !== undefined) yield bytes.subarray(offset, offset + size);
      else yield* repository.blob(digest as Digest, { offset, length: size, signal });
    },
  };
}
