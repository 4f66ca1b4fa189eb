import { type Descriptor, type Digest, isIndexType, isManifestType, parseIndex, parseManifest } from "@opendepot/oci";
import type { RemoteManifest } from "./manifests.ts";
import { registryAnswerInvalid, registryContentMissing } from "./problems.ts";
import type { RegistryRepository } from "./repository.ts";

/** Everything that an image is made of. */
export interface ImageTree {
  /** Manifests and indexes, each behind what it lists; the image itself is the last one. */
  readonly manifests: readonly [...RemoteManifest[], RemoteManifest];
  /** Configurations, layers and whatever else is no manifest, each once. */
  readonly blobs: readonly Descriptor[];
}

/** Indexes in indexes are rare; deeper ones only cost memory, like more manifests and larger ones. */
const MAX_DEPTH = 4;
const MAX_MANIFESTS = 2_000;
const MAX_BYTES = 64 * 1024 * 1024;

/**
 * Reads an image by tag or digest with all that an index lists: images, attestations, indexes, blobs.
 *
 * @throws {Problem} `registry_content_missing`, `manifest_invalid`, those of {@link RegistryRepository}
 */
export async function readImageTree(
  from: Pick<RegistryRepository, "name" | "manifest">,
  reference: string,
  signal: AbortSignal | undefined,
): Promise<ImageTree> {
  const reading = new TreeReading(from, signal);
  const root = await from.manifest(reference, { signal });
  if (root === undefined) throw registryContentMissing(from.name, `image ${reference}`);
  await reading.enter(root, 0);
  const others = [...reading.manifests.values()].filter(
    ({ descriptor }) => descriptor.digest !== root.descriptor.digest,
  );
  return { manifests: [...others, root], blobs: [...reading.blobs.values()] };
}

/** Collects manifests with what they name, each once, within limits. */
export class TreeReading {
  readonly manifests: Map<string, RemoteManifest> = new Map();
  readonly blobs: Map<string, Descriptor> = new Map();
  readonly #from: Pick<RegistryRepository, "name" | "manifest">;
  readonly #signal: AbortSignal | undefined;
  #bytes = 0;

  constructor(from: Pick<RegistryRepository, "name" | "manifest">, signal: AbortSignal | undefined) {
    this.#from = from;
    this.#signal = signal;
  }

  /** Notes what a manifest names, then the manifest itself. */
  async enter(manifest: RemoteManifest, depth: number): Promise<void> {
    const { descriptor, bytes } = manifest;
    this.#bytes += bytes.length;
    if (depth > MAX_DEPTH || this.manifests.size >= MAX_MANIFESTS || this.#bytes > MAX_BYTES) {
      throw registryAnswerInvalid(this.#from.name, `${descriptor.digest} has more manifests than any image`);
    }
    if (isIndexType(descriptor.mediaType)) {
      for (const child of parseIndex(bytes, descriptor.mediaType).manifests) await this.#enterChild(child, depth + 1);
    } else {
      const { config, layers } = parseManifest(bytes, descriptor.mediaType);
      for (const blob of [config, ...layers]) this.blobs.set(blob.digest, blob);
    }
    this.manifests.set(descriptor.digest, manifest);
  }

  /** An index lists manifests, and that of a build cache also blobs. */
  async #enterChild(child: Descriptor, depth: number): Promise<void> {
    if (!isIndexType(child.mediaType) && !isManifestType(child.mediaType)) {
      this.blobs.set(child.digest, child);
      return;
    }
    await this.read(child.digest, depth);
  }

  /** Reads a manifest and enters it, unless it was read before. */
  async read(digest: Digest, depth: number): Promise<void> {
    if (this.manifests.has(digest)) return;
    const found = await this.#from.manifest(digest, { signal: this.#signal });
    if (found === undefined) throw registryContentMissing(this.#from.name, `manifest ${digest}`);
    await this.enter(found, depth);
  }
}
