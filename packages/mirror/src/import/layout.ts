import { type Digest, isIndexType, MAX_MANIFEST_BYTES, MediaType, splitDigest } from "@opendepot/oci";
import { isDigestOf, isKeptDigest } from "../digests.ts";
import { archiveInvalid } from "../problems.ts";
import type { Archive, ArchivedFile } from "./archive.ts";

/** A piece of content of an image, and where it is. */
export interface ImagePart {
  readonly digest: Digest;
  /** Undefined for blobs. */
  readonly mediaType: string | undefined;
  readonly size: number;
  open(): AsyncIterable<Uint8Array>;
}

/** An image of an archive. */
export interface ArchivedImage {
  /** What the archive calls it, with a registry's host or without. */
  readonly names: readonly string[];
  /** Its root first. */
  readonly parts: readonly ImagePart[];
}

/** More than any image has. */
const MAX_PARTS = 10_000;
const MAX_DEPTH = 4;

interface Descriptor {
  readonly digest: Digest;
  readonly mediaType: string;
  readonly annotations: Readonly<Record<string, unknown>>;
}

/** The images of an OCI layout: image-spec v1.1, image-layout.md; undefined if the archive is none. */
export async function readLayout(archive: Archive): Promise<ArchivedImage[] | undefined> {
  const index = await archive.find("index.json");
  if (!index || !(await archive.find("oci-layout"))) return undefined;
  const roots = descriptorsOf(archive, parseJson(archive, "index.json", await readSmall(archive, index)), "manifests");
  const images: ArchivedImage[] = [];
  for (const root of roots) {
    const parts = new Map<Digest, ImagePart>();
    if (!(await collect(archive, root, { parts, depth: 0 }))) {
      throw archiveInvalid(archive.name, `${root.digest} is not in it, or not all of it`);
    }
    images.push({ names: namesIn(root.annotations), parts: [...parts.values()] });
  }
  return images;
}

/** Names that containerd and docker give to images; the specification's own is often only a tag. */
function namesIn(annotations: Descriptor["annotations"]): readonly string[] {
  const full = annotations["io.containerd.image.name"];
  const short = annotations["org.opencontainers.image.ref.name"];
  const name = typeof full === "string" ? full : typeof short === "string" && /[/:]/.test(short) ? short : undefined;
  return name === undefined ? [] : [name];
}

/**
 * Adds a manifest and all that belongs to it. False if something is missing: an index may list platforms that were not
 * saved, as long as one of them was.
 */
async function collect(
  archive: Archive,
  { digest, mediaType }: Descriptor,
  { parts, depth }: { readonly parts: Map<Digest, ImagePart>; readonly depth: number },
): Promise<boolean> {
  if (depth > MAX_DEPTH) throw archiveInvalid(archive.name, "its indexes are nested too deeply");
  const file = await blobOf(archive, digest);
  if (!file) return false;
  const bytes = await readSmall(archive, file);
  if (!isDigestOf(digest, bytes)) throw archiveInvalid(archive.name, `what it has as ${digest} is something else`);
  const value = parseJson(archive, digest, bytes);
  const own = new Map<Digest, ImagePart>([[digest, partOf(digest, mediaType, file)]]);
  const isIndex = isIndexType(mediaType) || value["manifests"] !== undefined;
  const isWhole = isIndex
    ? await collectChildren(archive, value, { parts: own, depth })
    : await collectBlobs(archive, value, own);
  if (!isWhole) return false;
  for (const [key, part] of own) parts.set(key, part);
  if (parts.size > MAX_PARTS) throw archiveInvalid(archive.name, `an image in it has more than ${MAX_PARTS} parts`);
  return true;
}

async function collectChildren(
  archive: Archive,
  value: Record<string, unknown>,
  { parts, depth }: { readonly parts: Map<Digest, ImagePart>; readonly depth: number },
): Promise<boolean> {
  let whole = 0;
  for (const child of descriptorsOf(archive, value, "manifests")) {
    if (await collect(archive, child, { parts, depth: depth + 1 })) whole += 1;
  }
  return whole > 0;
}

async function collectBlobs(
  archive: Archive,
  value: Record<string, unknown>,
  parts: Map<Digest, ImagePart>,
): Promise<boolean> {
  const config = value["config"] === undefined ? [] : [toDescriptor(archive, value["config"])];
  for (const { digest } of [...config, ...descriptorsOf(archive, value, "layers")]) {
    const file = await blobOf(archive, digest);
    if (!file) return false;
    parts.set(digest, partOf(digest, undefined, file));
  }
  return true;
}

function partOf(digest: Digest, mediaType: string | undefined, file: ArchivedFile): ImagePart {
  return { digest, mediaType, size: file.size, open: () => file.open() };
}

async function blobOf(archive: Archive, digest: Digest): Promise<ArchivedFile | undefined> {
  const { algorithm, hex } = splitDigest(digest);
  return await archive.find(`blobs/${algorithm}/${hex}`);
}

/** JSON of an archive, of at most the size of a manifest. @throws {Problem} `archive_invalid` */
export async function readSmall(archive: Archive, file: ArchivedFile): Promise<Buffer> {
  if (file.size > MAX_MANIFEST_BYTES) throw archiveInvalid(archive.name, "a manifest in it is too large");
  return Buffer.concat(await Array.fromAsync(file.open()));
}

/** @throws {Problem} `archive_invalid` */
export function parseJson(archive: Archive, what: string, bytes: Buffer): Record<string, unknown> {
  try {
    return Object(JSON.parse(bytes.toString("utf8"))) as Record<string, unknown>;
  } catch (cause) {
    throw archiveInvalid(archive.name, `${what} in it is not JSON`, cause);
  }
}

function descriptorsOf(archive: Archive, value: Record<string, unknown>, key: string): Descriptor[] {
  const list = value[key] ?? [];
  if (!Array.isArray(list) || list.length > MAX_PARTS) throw archiveInvalid(archive.name, `its ${key} are no list`);
  return list.map((one) => toDescriptor(archive, one));
}

function toDescriptor(archive: Archive, value: unknown): Descriptor {
  const { digest, mediaType, annotations } = Object(value) as Record<string, unknown>;
  if (typeof digest !== "string" || !isKeptDigest(digest)) throw archiveInvalid(archive.name, "a digest in it is none");
  const type = typeof mediaType === "string" ? mediaType : MediaType.ociManifest;
  return { digest, mediaType: type, annotations: Object(annotations) as Descriptor["annotations"] };
}
