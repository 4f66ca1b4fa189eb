import type { Digest } from "@opendepot/oci";
import type { RegistryContent } from "@opendepot/registry";
import type { CopySource } from "@opendepot/registry-client";

/** A repository of the built-in registry. */
export interface SavedRepository {
  readonly content: Pick<RegistryContent, "findManifest" | "findBlob" | "readBlob">;
  readonly repository: string;
  /** Where the registry is reached from outside, for instance `https://depot.example`: what is copied within it is mounted. */
  readonly origin: string;
}

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
