import { isProblem } from "@opendepot/base";
import type { Descriptor } from "@opendepot/oci";
import { eachOf } from "./each-of.ts";
import { type ImageTree, readImageTree } from "./image-tree.ts";
import type { RemoteManifest } from "./manifests.ts";
import { registryContentMissing } from "./problems.ts";
import { NO_REFERRERS, type ReferrerTree, readReferrers } from "./referrer-tree.ts";
import type { ReferrerSource } from "./referrers.ts";
import type { RegistryRepository } from "./repository.ts";

/** Where an image is copied from: a {@link RegistryRepository}, or something else that holds images. */
export interface CopySource
  extends Pick<RegistryRepository, "name" | "origin" | "path" | "manifest" | "hasBlob" | "blob">,
    ReferrerSource {}

/** An image that is to be copied from one repository to another, of the same registry or of two. */
export interface ImageCopy {
  readonly from: CopySource;
  /** Opened for pushing. */
  readonly to: RegistryRepository;
  /** Tag or digest at the source. */
  readonly reference: string;
  /** The tags that it gets, written last; none: it can only be had by its digest. */
  readonly tags: readonly string[];
  /**
   * Takes along what refers to the image: signatures, bills of materials and whatever else has it, or something that it
   * lists, as its subject, and what refers to these. Default: false.
   */
  readonly withReferrers?: boolean | undefined;
  /** How many blobs are on their way at the same time. Default: 4. */
  readonly blobsAtOnce?: number | undefined;
  readonly onProgress?: ((progress: CopyProgress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What becomes of a blob that is copied. */
export interface CopyProgress {
  readonly blob: Descriptor;
  /**
   * `copying` as bytes pass; at the end `copied`, `mounted` within the registry, `present` when the target had it, or
   * `elsewhere` for a layer that is to be had at its `urls` only.
   */
  readonly state: "copying" | "copied" | "mounted" | "present" | "elsewhere";
  /** Bytes that have passed through this process. */
  readonly sentBytes: number;
}

/** An image that was copied. */
export interface CopiedImage {
  /** Its own, the same in both repositories. */
  readonly descriptor: Descriptor;
  /** Bytes of blobs that passed through this process. */
  readonly sentBytes: number;
  /** How many manifests refer to it and were taken along; what the target had counts, too. */
  readonly referrers: number;
}

const BLOBS_AT_ONCE = 4;

/**
 * Copies an image as it stands, with all images and attestations of an index, so that its digest stays the same. Blobs
 * that the target has are left alone, within one registry they are mounted, others are passed on piece by piece as fast
 * as the target takes them, checked against their digests. Manifests follow once all blobs are there, then what refers
 * to them, tags last: what has a tag is whole.
 *
 * @throws {Problem} `registry_content_missing`, `manifest_invalid`, those of {@link RegistryRepository}
 */
export async function copyImage(copy: ImageCopy): Promise<CopiedImage> {
  const { from, reference, withReferrers = false, blobsAtOnce = BLOBS_AT_ONCE, signal } = copy;
  const tree = await readImageTree(from, reference, signal);
  const attached = withReferrers ? await readReferrers(from, tree, signal) : NO_REFERRERS;
  const blobs = new Map([...tree.blobs, ...attached.blobs].map((blob) => [blob.digest, blob]));
  let sentBytes = 0;
  await eachOf(blobs.values(), { limit: blobsAtOnce, signal }, async (blob, own) => {
    const sent = await copyBlob(blob, { ...copy, signal: own });
    sentBytes += sent;
  });
  const root = await putManifests(tree, attached, copy);
  const referrers = new Set([...attached.lists.values()].flatMap((list) => list.map(({ digest }) => digest)));
  return { descriptor: root.descriptor, sentBytes, referrers: referrers.size };
}

/** @returns the bytes that were sent */
async function copyBlob(blob: Descriptor, { from, to, onProgress, signal }: ImageCopy): Promise<number> {
  const tell = (state: CopyProgress["state"], sentBytes = 0): number => {
    onProgress?.({ blob, state, sentBytes });
    return sentBytes;
  };
  if (await to.hasBlob(blob.digest, { signal })) return tell("present");
  if (from.origin === to.origin && (await mounts(blob, { from, to, signal }))) return tell("mounted");
  if ((blob.urls ?? []).length > 0 && !(await from.hasBlob(blob.digest, { signal }))) return tell("elsewhere");
  let sent = 0;
  async function* passedOn(offset: number): AsyncGenerator<Uint8Array, void, undefined> {
    const part = offset === 0 ? {} : { offset, length: blob.size - offset };
    for await (const piece of from.blob(blob.digest, { size: blob.size, ...part, signal })) {
      yield piece;
      sent += piece.length;
      tell("copying", sent);
    }
  }
  const source = { digest: blob.digest, size: blob.size, open: () => passedOn(0), openFrom: passedOn };
  await to.putBlob(source, { signal });
  return tell("copied", sent);
}

/** Whether the registry takes the blob over by itself. One that refuses to has it sent. */
async function mounts(
  { digest }: Descriptor,
  { from, to, signal }: Pick<ImageCopy, "from" | "to" | "signal">,
): Promise<boolean> {
  try {
    return await to.mount(digest, from.path, { signal });
  } catch (error) {
    if (isProblem(error, "registry_denied") || isProblem(error, "registry_refused")) return false;
    throw error;
  }
}

async function putManifests(
  { manifests }: ImageTree,
  attached: ReferrerTree,
  { to, tags, signal }: Pick<ImageCopy, "to" | "tags" | "signal">,
): Promise<RemoteManifest> {
  const root = manifests.at(-1);
  if (root === undefined) throw registryContentMissing(to.name, "image");
  // Where something refers to the image, it is there without a tag for a moment.
  const first = attached.manifests.length > 0 ? manifests : manifests.slice(0, -1);
  for (const { descriptor, bytes } of [...first, ...attached.manifests]) {
    if (await to.manifestDescriptor(descriptor.digest, { signal })) continue;
    await to.putManifest(descriptor.digest, descriptor.mediaType, bytes, { signal });
  }
  await keepLists(attached, { to, signal });
  const names = tags.length > 0 ? tags : [root.descriptor.digest];
  for (const name of names) await to.putManifest(name, root.descriptor.mediaType, root.bytes, { signal });
  return root;
}

/** Most registries see by themselves what refers to what; for others it is noted. */
async function keepLists({ lists }: ReferrerTree, { to, signal }: Pick<ImageCopy, "to" | "signal">): Promise<void> {
  for (const [subject, manifests] of lists) {
    const { keptBy } = await to.referrers(subject, { signal });
    if (keptBy === "registry") return;
    await to.addReferrers(subject, manifests, { signal });
  }
}
