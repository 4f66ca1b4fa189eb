import type { Descriptor, Digest } from "@opendepot/oci";
import type { Referrer, RegistryContent } from "@opendepot/registry";
import type { CopySource } from "@opendepot/registry-client";

/** A repository of the built-in registry. */
export interface SavedRepository {
  readonly content: Pick<RegistryContent, "findManifest" | "listReferrers" | "findBlob" | "readBlob">;
  readonly repository: string;
  /** Where the registry is reached from outside, for instance `https://depot.example`: what is copied within it is mounted. */
  readonly origin: string;
}

/** A copy takes no more manifests than that, and says so. */
const MAX_REFERRERS = 2_000;

/** A repository of the built-in registry as the source of a copy, read without asking anybody for rights. */
export function savedSource({ content, repository, origin }: SavedRepository): CopySource {
  return {
    ...{ name: repository, path: repository, origin },
    manifest: async (reference) => {
      const found = await content.findManifest(repository, reference);
      if (found === undefined) return undefined;
      const { mediaType, digest, bytes } = found;
      return { descriptor: { mediaType, digest: digest as Digest, size: bytes.length }, bytes };
    },
    referrers: async (subject) => ({ manifests: await listReferrers(content, repository, subject) }),
    hasBlob: async (digest) => (await content.findBlob(repository, digest)) !== undefined,
    blob: async function* (digest, { offset = 0, length, size, signal } = {}) {
      const isWhole = offset === 0 && length === undefined;
      const rest = length ?? (size === undefined ? undefined : size - offset);
      const range = isWhole || rest === undefined ? {} : { range: { start: offset, end: offset + rest } };
      const stream = await content.readBlob(repository, digest, { ...range, signal });
      try {
        yield* stream as AsyncIterable<Uint8Array>;
      } finally {
        stream.destroy();
      }
    },
  };
}

async function listReferrers(
  content: SavedRepository["content"],
  repository: string,
  subject: Digest,
): Promise<Descriptor[]> {
  const found: Descriptor[] = [];
  for (let hasMore = true; hasMore && found.length <= MAX_REFERRERS; ) {
    const page = await content.listReferrers(repository, subject, { after: found.at(-1)?.digest });
    found.push(...page.referrers.map(toDescriptor));
    ({ hasMore } = page);
  }
  return found;
}

function toDescriptor({ digest, ...rest }: Referrer): Descriptor {
  return { ...rest, digest: digest as Digest };
}
