import { randomBytes } from "node:crypto";
import { isProblem } from "@opendepot/base";
import type { UploadSource } from "../blobs/blob-store.ts";
import type { Context } from "../context.ts";
import { blobTooLarge, tooManyUploads, uploadSizeWrong, uploadUnknown } from "../problems.ts";
import type { Caller } from "../tokens/access.ts";

/** An upload of a repository, under way. */
export interface UploadName {
  readonly repository: string;
  readonly id: string;
}

/** What comes in for an upload. */
export interface Chunk {
  /** Where it belongs; unless given, at the end. */
  readonly offset?: number | undefined;
  /** How many bytes it was announced to have. */
  readonly size?: number | undefined;
  /** What the whole upload shall be, if this is its end. */
  readonly digest?: string | undefined;
  readonly body: UploadSource;
}

const ACTIVE_MS = 15 * 60_000;
const TOUCH_MS = 60_000;

/**
 * Begins an upload. It is known before its bytes are: bytes of uploads that nobody knows are rubbish.
 *
 * @throws {Problem} `too_many_uploads`
 */
export async function startUpload(context: Context, repository: string, caller: Caller): Promise<UploadName> {
  const { metadata, blobs, limits } = context;
  if ((await metadata.uploads.countActive(caller.id, ACTIVE_MS)) >= limits.maxUploadsPerCaller)
    throw tooManyUploads(limits.maxUploadsPerCaller);
  const repositoryId = await metadata.repositories.ensure(repository);
  const id = randomBytes(16).toString("hex");
  await metadata.uploads.create({ id, repositoryId, caller: caller.id });
  await blobs.createUpload(id);
  return { repository, id };
}

/**
 * Bytes that are kept of an upload.
 *
 * @throws {Problem} `upload_unknown`
 */
export async function uploadSize(context: Context, { repository, id }: UploadName): Promise<number> {
  const size = (await context.metadata.uploads.touch(repository, id)) ? await context.blobs.uploadSize(id) : undefined;
  if (size === undefined) throw uploadUnknown(id);
  return size;
}

/**
 * Appends a chunk; what came before it broke off is kept.
 *
 * @returns the new size
 * @throws {Problem} `upload_unknown`, `upload_offset_wrong`, `upload_size_wrong`, `blob_too_large`, the store's
 */
export async function appendToUpload(context: Context, upload: UploadName, chunk: Chunk): Promise<number> {
  const { blobs, limits, metadata } = context;
  const size = await uploadSize(context, upload);
  const offset = chunk.offset ?? size;
  const body = measured(chunk, limits.maxBlobBytes - offset);
  // A chunk may take hours: the upload is not abandoned meanwhile. The next touch makes up for one that fails.
  const touching = setInterval(() => {
    metadata.uploads.touch(upload.repository, upload.id).catch(() => undefined);
  }, TOUCH_MS);
  try {
    return await blobs.append(upload.id, offset, body, context.closing, chunk.digest);
  } finally {
    clearInterval(touching);
  }
}

/**
 * Makes the upload a blob of its repository. It goes on when its client has left: asked again, the blob is there.
 *
 * @throws {Problem} `upload_unknown`, `digest_mismatch`, the store's
 */
export async function finishUpload(context: Context, upload: UploadName, digest: string): Promise<void> {
  const { metadata, blobs } = context;
  const { repository, id } = upload;
  if (!(await metadata.uploads.claim(repository, id, digest))) throw uploadUnknown(id);
  try {
    const { size } = await blobs.commit(id, digest, context.closing);
    if (!(await metadata.uploads.finish(id, { digest, size }))) throw uploadUnknown(id);
  } catch (error) {
    if (isProblem(error, "digest_mismatch") || isProblem(error, "upload_missing"))
      await metadata.uploads.cancel(repository, id);
    throw error;
  }
}

/** Ends an upload, and drops what came of it. */
export async function cancelUpload(context: Context, { repository, id }: UploadName): Promise<void> {
  if (!(await context.metadata.uploads.cancel(repository, id))) throw uploadUnknown(id);
  await context.blobs.abort(id);
}

/** The body, if it keeps to what was announced. */
function measured(chunk: Chunk, maxBytes: number): UploadSource {
  return { [Symbol.asyncIterator]: () => measuredPieces(chunk, maxBytes), release: chunk.body.release };
}

async function* measuredPieces({ body, size: announced }: Chunk, maxBytes: number): AsyncGenerator<Uint8Array> {
  let size = 0;
  for await (const piece of body) {
    size += piece.byteLength;
    if (size > maxBytes) throw blobTooLarge(maxBytes);
    if (announced !== undefined && size > announced) throw uploadSizeWrong(announced, size);
    yield piece;
  }
  if (announced !== undefined && size < announced) throw uploadSizeWrong(announced, size);
}
