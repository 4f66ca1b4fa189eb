import { isProblem, messageOf } from "@opendepot/base";
import type { Context } from "../context.ts";
import type { StoredManifest } from "../metadata/manifest-store.ts";
import type { ManifestReference } from "../names.ts";
import { digestWrong, manifestTooLarge } from "../problems.ts";
import type { Caller } from "../tokens/access.ts";
import { digestLike, readManifest } from "./read-manifest.ts";

/** A manifest that somebody pushes. */
export interface ManifestPush {
  readonly repository: string;
  readonly reference: ManifestReference;
  /** More names for it, beside a digest. */
  readonly tags?: readonly string[] | undefined;
  /** What the client calls it. */
  readonly contentType: string | undefined;
  readonly bytes: Uint8Array;
  readonly caller: Caller;
}

/** What became of it. */
export interface PushedManifest {
  readonly digest: string;
  readonly subject: string | undefined;
}

/** The manifest behind a tag or a digest. */
export async function findManifest(
  { metadata }: Context,
  repository: string,
  reference: ManifestReference,
): Promise<StoredManifest | undefined> {
  if (reference.kind === "digest") return await metadata.manifests.findByDigest(repository, reference.digest);
  return await metadata.manifests.findByTag(repository, reference.tag);
}

/**
 * Stores a manifest whose blobs and children are in the repository.
 *
 * @throws {Problem} `manifest_invalid`, `manifest_too_large`, `manifest_blob_unknown`, `digest_invalid`
 */
export async function putManifest(context: Context, push: ManifestPush): Promise<PushedManifest> {
  const { metadata, limits } = context;
  const { repository, reference, contentType, bytes } = push;
  if (bytes.byteLength > limits.maxManifestBytes) throw manifestTooLarge(limits.maxManifestBytes);
  const claimed = reference.kind === "digest" ? reference.digest : undefined;
  const digest = digestLike(bytes, claimed);
  if (claimed !== undefined && claimed !== digest) throw digestWrong(claimed, digest);
  const { annotations, ...manifest } = readManifest(bytes, contentType);
  const repositoryId = await metadata.repositories.ensure(repository);
  await metadata.manifests.put(
    repositoryId,
    { ...manifest, digest, content: bytes, annotations: annotations && JSON.stringify(annotations) },
    reference.kind === "tag" ? [reference.tag] : (push.tags ?? []),
  );
  await tell(context, push, { digest, mediaType: manifest.mediaType });
  return { digest, subject: manifest.subject };
}

/** It is stored, and the client is told so, whatever the listener makes of it. */
async function tell(
  { onManifest, logger }: Context,
  push: ManifestPush,
  stored: { readonly digest: string; readonly mediaType: string },
): Promise<void> {
  const { repository, reference, caller, bytes } = push;
  try {
    await onManifest?.({
      repository,
      reference: reference.kind === "tag" ? reference.tag : reference.digest,
      ...stored,
      size: bytes.byteLength,
      caller,
    });
  } catch (error) {
    const code = isProblem(error) ? error.code : undefined;
    logger.error("listener to manifests failed", { repository, digest: stored.digest, code, error: messageOf(error) });
  }
}
