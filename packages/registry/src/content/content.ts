import type { Readable } from "node:stream";
import type { ByteRange } from "../blobs/blob-store.ts";
import type { Context } from "../context.ts";
import type { Referrer } from "../metadata/referrer-store.ts";
import { parseDigest, parseManifestReference, parseRepositoryName } from "../names.ts";
import { blobUnknown } from "../problems.ts";
import type { Caller } from "../tokens/access.ts";
import { findManifest, putManifest } from "./manifests.ts";
import { appendToUpload, cancelUpload, finishUpload, startUpload } from "./uploads.ts";

/** A manifest that the registry has. */
export interface ContentManifest {
  readonly digest: string;
  readonly mediaType: string;
  readonly bytes: Uint8Array;
}

/** A manifest that is to be put into a repository. */
export interface ContentManifestPush {
  readonly repository: string;
  /** A tag, or the digest. */
  readonly reference: string;
  readonly mediaType: string;
  readonly bytes: Uint8Array;
  readonly caller: Caller;
}

/** A blob that is to be put into a repository. */
export interface ContentBlobPush {
  readonly repository: string;
  readonly digest: string;
  readonly body: AsyncIterable<Uint8Array>;
  readonly caller: Caller;
}

const REFERRERS_PAGE = 100;
/** Of annotations. */
const REFERRERS_BYTES = 3 * 1024 * 1024;

/**
 * What is in the repositories, for the program around the registry. It asks nobody for rights, and keeps to the same
 * rules otherwise: a manifest is taken when everything that it refers to is here.
 */
export class RegistryContent {
  readonly #context: Context;

  constructor(context: Context) {
    this.#context = context;
  }

  /** @throws {Problem} `name_invalid`, `tag_invalid`, `digest_invalid` */
  async findManifest(repository: string, reference: string): Promise<ContentManifest | undefined> {
    const name = parseRepositoryName(repository);
    const found = await findManifest(this.#context, name, parseManifestReference(reference));
    return found && { digest: found.digest, mediaType: found.mediaType, bytes: found.content };
  }

  /** @throws {Problem} `manifest_invalid`, `manifest_too_large`, `manifest_blob_unknown`, `digest_invalid` */
  async putManifest(push: ContentManifestPush): Promise<{ readonly digest: string }> {
    const { mediaType: contentType, bytes, caller } = push;
    const repository = parseRepositoryName(push.repository);
    const reference = parseManifestReference(push.reference);
    return await putManifest(this.#context, { repository, reference, contentType, bytes, caller });
  }

  /** A page of what has this digest as its subject, in the order of digests, after `after`. */
  async listReferrers(
    repository: string,
    subject: string,
    { after }: { readonly after?: string | undefined } = {},
  ): Promise<{ readonly referrers: readonly Referrer[]; readonly hasMore: boolean }> {
    const page = { subject: parseDigest(subject), after, limit: REFERRERS_PAGE, maxBytes: REFERRERS_BYTES };
    return await this.#context.metadata.referrers.list(parseRepositoryName(repository), page);
  }

  /** The blob's bytes, if the repository has it. It stays for a manifest that is put soon. */
  async findBlob(repository: string, digest: string): Promise<{ readonly size: number } | undefined> {
    return await this.#context.metadata.links.promise(parseRepositoryName(repository), parseDigest(digest));
  }

  /**
   * Opens a blob of the repository, or a part of it. The caller destroys the stream.
   *
   * @throws {Problem} `blob_unknown`
   */
  async readBlob(
    repository: string,
    digest: string,
    options: { readonly range?: ByteRange | undefined; readonly signal?: AbortSignal | undefined } = {},
  ): Promise<Readable> {
    const link = await this.#context.metadata.links.find(parseRepositoryName(repository), parseDigest(digest));
    if (!link) throw blobUnknown(digest);
    return await this.#context.blobs.read(digest, options.range, options.signal);
  }

  /**
   * Stores a blob. Nothing of it is kept when it breaks off.
   *
   * @throws {Problem} `digest_mismatch`, `blob_too_large`, `too_many_uploads`, the store's; what the body throws
   */
  async putBlob({ repository, digest, body, caller }: ContentBlobPush): Promise<void> {
    const context = this.#context;
    parseDigest(digest);
    const upload = await startUpload(context, parseRepositoryName(repository), caller);
    try {
      await appendToUpload(context, upload, { body, digest, offset: 0 });
      await finishUpload(context, upload, digest);
    } catch (error) {
      await cancelUpload(context, upload).catch(() => undefined); // it may have ended already; collecting does the rest
      throw error;
    }
  }

  /** Gives `to` a blob that `from` has. False when it has it not. */
  async mountBlob(mount: { readonly digest: string; readonly from: string; readonly to: string }): Promise<boolean> {
    const { links, repositories } = this.#context.metadata;
    const to = await repositories.ensure(parseRepositoryName(mount.to));
    return await links.mount(parseDigest(mount.digest), { from: parseRepositoryName(mount.from), to });
  }
}
