import type { Descriptor, Digest } from "@opendepot/oci";
import { type ImageTree, TreeReading } from "./image-tree.ts";
import type { RemoteManifest } from "./manifests.ts";
import { registryAnswerInvalid } from "./problems.ts";
import type { ReferrerSource } from "./referrers.ts";
import type { RegistryRepository } from "./repository.ts";

/** Everything that refers to an image, with what it is made of. */
export interface ReferrerTree {
  /** Each behind what it lists. */
  readonly manifests: readonly RemoteManifest[];
  readonly blobs: readonly Descriptor[];
  /** What refers to each subject that something refers to. */
  readonly lists: ReadonlyMap<Digest, readonly Descriptor[]>;
}

export const NO_REFERRERS: ReferrerTree = { manifests: [], blobs: [], lists: new Map() };

/** A signature of a bill of materials of an image is two deep. */
const MAX_DEPTH = 8;

/**
 * Reads what has the image or anything that it lists as its subject, what has that as its subject, and so on. What the
 * image lists by itself, as it does attestations, is a part of it and not among them.
 *
 * @throws {Problem} `registry_content_missing`, `manifest_invalid`, those of {@link RegistryRepository}
 */
export async function readReferrers(
  from: Pick<RegistryRepository, "name" | "manifest"> & ReferrerSource,
  image: ImageTree,
  signal: AbortSignal | undefined,
): Promise<ReferrerTree> {
  const reading = new TreeReading(from, signal);
  const own = new Set(image.manifests.map(({ descriptor }) => descriptor.digest));
  const lists = new Map<Digest, readonly Descriptor[]>();
  let subjects = [...own];
  for (let depth = 0; subjects.length > 0; depth++) {
    if (depth > MAX_DEPTH)
      throw registryAnswerInvalid(from.name, "what refers to the image is referred to without end");
    const known = new Set<string>(reading.manifests.keys());
    for (const subject of subjects) {
      const { manifests } = await from.referrers(subject, { signal });
      const others = manifests.filter(({ digest }) => !own.has(digest));
      if (others.length > 0) lists.set(subject, others);
      for (const { digest } of others) await reading.read(digest, 0);
    }
    subjects = [...reading.manifests.values()].flatMap(({ descriptor: { digest } }) =>
      known.has(digest) ? [] : [digest],
    );
  }
  return { manifests: [...reading.manifests.values()], blobs: [...reading.blobs.values()], lists };
}
