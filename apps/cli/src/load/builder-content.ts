import type { BuildkitClient } from "@opendepot/buildkit";
import type { ContentSource } from "./content-source.ts";

/** The content of a builder's engine. Wrong or missing blobs are told when they are read, as `GrpcError`s. */
export function builderContent(client: Pick<BuildkitClient, "contentInfo" | "readContent">): ContentSource {
  return {
    info: async (digest, signal) => {
      const found = await client.contentInfo(digest, { signal });
      return found && { size: Number(found.size) };
    },
    read: (digest, offset, size, signal) => client.readContent(digest, { offset, length: size, signal }),
  };
}
