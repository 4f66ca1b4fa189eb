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
  readonly descriptor: Pick<Descriptor, "digest" | "mediaType" | "size">;
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
  const bytes = await readManifest(content, descriptor, signal);
  if (!isIndexType(mediaType)) return asLoadable(digest, mediaType, bytes);
  const chosen = chooseImage(parseIndex(bytes, mediaType), platform);
  return asLoadable(chosen.digest, chosen.mediaType, await readManifest(content, chosen, signal));
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

type Blob = Pick<Descriptor, "digest" | "size">;

async function readManifest(content: ContentSource, blob: Blob, signal: AbortSignal): Promise<Uint8Array> {
  if (blob.size > MAX_MANIFEST_BYTES) throw unsuitable(`its manifest has ${blob.size} bytes`);
  try {
    const whole = await readWhole(content.read(blob.digest, 0, blob.size, signal), blob.size);
    if (digestOf(whole) === blob.digest) return whole;
  } catch (error) {
    signal.throwIfAborted();
    if (await content.info(blob.digest, signal)) throw error;
    throw unsuitable(`the builder does not have ${blob.digest} any more`, error);
  }
  throw unsuitable(`what the builder has as ${blob.digest} is something else`);
}

/** What is longer than it should be is cut off, and then not what its digest says. */
async function readWhole(content: AsyncIterable<Uint8Array>, size: number): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of content) {
    bytes += piece.length;
    if (bytes > size) break;
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}

function unsuitable(why: string, cause?: unknown): Problem<"load_image_unsuitable"> {
  return new Problem("load_image_unsuitable", `cannot load the image into Docker: ${why}`, {
    cause,
    hint: "build again; if it stays so, name one platform with --platform",
  });
}
