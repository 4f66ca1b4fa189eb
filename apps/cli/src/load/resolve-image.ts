import { Problem } from "@opendepot/base";
import {
  type Descriptor,
  type Digest,
  digestOf,
  type Index,
  isIndexType,
  isSamePlatform,
  MAX_MANIFEST_BYTES,
  type Manifest,
  type Platform,
  parseIndex,
  parseManifest,
} from "@opendepot/oci";
import type { ContentSource } from "./content-source.ts";

/** An image of one platform, ready to be handed out. */
export interface LoadableImage {
  readonly descriptor: Descriptor;
  /** What the digest stands for. */
  readonly bytes: Uint8Array;
  readonly manifest: Manifest;
}

/** The result of a build on its builder. */
export interface BuiltImage {
  readonly content: ContentSource;
  /** Of its manifest or index: the exporter's `containerimage.descriptor`. */
  readonly descriptor: Pick<Descriptor, "digest" | "mediaType">;
  /** Which image of an index is meant. Default: its only one. */
  readonly platform?: Platform | undefined;
  readonly signal: AbortSignal;
}

/** Marks the manifests of provenance and SBOMs in an index: BuildKit, "Attestation storage". */
const REFERENCE_TYPE = "vnd.docker.reference.type";

/**
 * Reads the manifest of a built image, through the index around it if there is one.
 *
 * @throws {Problem} `load_image_unsuitable`, `manifest_invalid`; whatever the content's source throws
 */
export async function resolveImage({ content, descriptor, platform, signal }: BuiltImage): Promise<LoadableImage> {
  const { digest, mediaType } = descriptor;
  const bytes = await readManifest(content, digest, signal);
  if (!isIndexType(mediaType)) return asLoadable(digest, mediaType, bytes);
  const chosen = chooseImage(parseIndex(bytes, mediaType), platform);
  return asLoadable(chosen.digest, chosen.mediaType, await readManifest(content, chosen.digest, signal));
}

function asLoadable(digest: Digest, mediaType: string, bytes: Uint8Array): LoadableImage {
  return { descriptor: { digest, mediaType, size: bytes.length }, bytes, manifest: parseManifest(bytes, mediaType) };
}

function chooseImage({ manifests }: Index, platform: Platform | undefined): Descriptor {
  const images = manifests.filter(({ annotations }) => annotations?.[REFERENCE_TYPE] === undefined);
  const fitting = platform
    ? images.filter((image) => image.platform !== undefined && isSamePlatform(image.platform, platform))
    : images;
  const [only, ...others] = fitting;
  if (!only) throw unsuitable("it has no image for the platform of this Docker");
  if (others.length > 0) throw unsuitable(`it has ${fitting.length} images, and Docker takes one`);
  return only;
}

async function readManifest(content: ContentSource, digest: Digest, signal: AbortSignal): Promise<Uint8Array> {
  const found = await content.info(digest, signal);
  if (!found) throw unsuitable(`the builder does not have ${digest} any more`);
  if (found.size > MAX_MANIFEST_BYTES) throw unsuitable(`its manifest has ${found.size} bytes`);
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of content.read(digest, 0, found.size, signal)) {
    bytes += piece.length;
    if (bytes > found.size) break;
    pieces.push(piece);
  }
  const whole = Buffer.concat(pieces);
  if (digestOf(whole) !== digest) throw unsuitable(`what the builder has as ${digest} is something else`);
  return whole;
}

function unsuitable(why: string): Problem<"load_image_unsuitable"> {
  return new Problem("load_image_unsuitable", `cannot load the image into Docker: ${why}`, {
    hint: "build again; if it stays so, name one platform with --platform",
  });
}
