import { createHash } from "node:crypto";
import { Problem } from "@opendepot/base";
import {
  type Descriptor,
  formatFamiliar,
  formatReference,
  type NormalizedReference,
  toJsonDescriptor,
  withDefaultTag,
} from "@opendepot/oci";
import type { ContentSource } from "./content-source.ts";
import type { LoadableImage } from "./resolve-image.ts";
import { TAR_END, tarHeader, tarPadding } from "./tar-entry.ts";

/** An image on its way into an archive. */
export interface ImageArchive {
  readonly image: LoadableImage;
  readonly content: ContentSource;
  /** At least one. */
  readonly names: readonly NormalizedReference[];
  readonly signal: AbortSignal;
}

/**
 * An image as `docker load` takes it, with either of Docker's image stores: an image layout, and beside it the
 * `manifest.json` that Docker had before there were layouts. Nothing is kept in memory; every blob is checked against
 * its digest.
 *
 * OCI image-spec v1.1 image-layout.md; moby image/tarexport/load.go.
 *
 * @throws {Problem} `builder_content_invalid`; whatever the content's source throws
 */
export async function* archiveImage(archive: ImageArchive): AsyncGenerator<Uint8Array, void, undefined> {
  const { image } = archive;
  yield* file("oci-layout", encode({ imageLayoutVersion: "1.0.0" }));
  yield* file(pathOf(image.descriptor.digest), image.bytes);
  const { config, layers } = image.manifest;
  const blobs = new Map([config, ...layers].map((blob) => [blob.digest, blob]));
  for (const blob of blobs.values()) {
    yield tarHeader(pathOf(blob.digest), blob.size);
    yield* checked(blob, archive);
    yield tarPadding(blob.size);
  }
  yield* file("index.json", encode(indexOf(archive)));
  yield* file("manifest.json", encode(manifestOf(archive)));
  yield TAR_END;
}

function* file(name: string, bytes: Uint8Array): Generator<Uint8Array, void, undefined> {
  yield tarHeader(name, bytes.length);
  yield bytes;
  yield tarPadding(bytes.length);
}

async function* checked(
  { digest, size }: Pick<Descriptor, "digest" | "size">,
  { content, signal }: ImageArchive,
): AsyncGenerator<Uint8Array, void, undefined> {
  const hash = createHash(digest.slice(0, digest.indexOf(":")));
  let bytes = 0;
  for await (const piece of content.read(digest, 0, size, signal)) {
    bytes += piece.length;
    if (bytes > size) break;
    hash.update(piece);
    yield piece;
  }
  if (bytes === size && digest.endsWith(`:${hash.digest("hex")}`)) return;
  throw new Problem("builder_content_invalid", `what the builder has as ${digest} is something else`, {
    hint: "build again; if it stays so, empty the builder's cache with depot cache reset",
  });
}

function indexOf({ image, names }: ImageArchive): unknown {
  return {
    schemaVersion: 2,
    mediaType: "application/vnd.oci.image.index.v1+json",
    manifests: names.map(withDefaultTag).map((name) => ({
      ...toJsonDescriptor(image.descriptor),
      annotations: { "io.containerd.image.name": formatReference(name), "org.opencontainers.image.ref.name": name.tag },
    })),
  };
}

function manifestOf({ image: { manifest }, names }: ImageArchive): unknown {
  return [
    {
      Config: pathOf(manifest.config.digest),
      RepoTags: names.map(withDefaultTag).map(formatFamiliar),
      Layers: manifest.layers.map(({ digest }) => pathOf(digest)),
    },
  ];
}

function pathOf(digest: string): string {
  return `blobs/${digest.replace(":", "/")}`;
}

function encode(value: unknown): Uint8Array {
  return Buffer.from(JSON.stringify(value));
}
