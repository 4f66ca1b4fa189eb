import type { Digest } from "@opendepot/oci";
import { registryAnswerInvalid, registryContentMissing } from "./problems.ts";
import type { RepositoryCore } from "./repository-core.ts";
import { isTransientError } from "./retries.ts";
import { discard, type HttpAnswer } from "./transport.ts";
import { verified } from "./verify.ts";

/** Which part of a blob is wanted; all of it unless given. */
export interface BlobOptions {
  /** The blob's size as its descriptor has it; reading more is an error. */
  readonly size?: number | undefined;
  readonly offset?: number | undefined;
  /** Bytes from `offset` on. Default: up to the end. */
  readonly length?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** How often a transfer goes on where it broke off. */
const MAX_RESUMES = 5;

/** OCI distribution-spec v1.1, "Checking if content exists in the registry". */
export async function hasBlob(core: RepositoryCore, digest: Digest, signal: AbortSignal | undefined): Promise<boolean> {
  const answer = await core.session.send({
    method: "HEAD",
    url: core.url(`blobs/${digest}`),
    action: `look for ${digest}`,
    scopes: core.scopes,
    expects: [404],
    signal,
  });
  discard(answer);
  return answer.status !== 404;
}

/**
 * OCI distribution-spec v1.1, "Pulling blobs". A whole blob is checked against its digest; a part cannot be.
 * A transfer that breaks off goes on where it was.
 */
export function readBlob(core: RepositoryCore, digest: Digest, options: BlobOptions): AsyncIterable<Uint8Array> {
  const { size, offset = 0, length } = options;
  const pieces = resumed(core, digest, options);
  const isWhole = offset === 0 && (length === undefined || length === size);
  return isWhole ? verified(pieces, { digest, size, name: core.session.name }) : pieces;
}

async function* resumed(
  core: RepositoryCore,
  digest: Digest,
  { offset = 0, length, signal }: BlobOptions,
): AsyncGenerator<Uint8Array, void, undefined> {
  let received = 0;
  for (let resumes = 0; ; resumes++) {
    const from = offset + received;
    const left = length === undefined ? undefined : length - received;
    if (left === 0) return;
    const answer = await request(core, digest, { offset: from, length: left, signal });
    try {
      for await (const piece of part(answer, from, left)) {
        received += piece.length;
        yield piece;
      }
      if (length === undefined || received >= length) return;
      throw registryAnswerInvalid(core.session.name, `${digest} ends after ${offset + received} bytes`);
    } catch (error) {
      signal?.throwIfAborted();
      if (!isTransientError(error)) throw error;
      // The registry is asked again below, and if it stays away, that says so.
      if (resumes >= MAX_RESUMES)
        throw registryAnswerInvalid(core.session.name, `${digest} breaks off again and again`, error);
    } finally {
      answer.body.destroy();
    }
  }
}

async function request(
  core: RepositoryCore,
  digest: Digest,
  { offset = 0, length, signal }: BlobOptions,
): Promise<HttpAnswer> {
  const isPart = offset > 0 || length !== undefined;
  const range = `bytes=${offset}-${length === undefined ? "" : offset + length - 1}`;
  const answer = await core.session.send({
    method: "GET",
    url: core.url(`blobs/${digest}`),
    headers: isPart ? { range } : {},
    action: `read ${digest}`,
    scopes: core.scopes,
    expects: [404],
    signal,
  });
  if (answer.status !== 404) return answer;
  discard(answer);
  throw registryContentMissing(core.session.name, `blob ${digest}`);
}

/** The bytes that were asked for, also from a registry that does not know ranges. */
async function* part(
  answer: HttpAnswer,
  offset: number,
  length: number | undefined,
): AsyncGenerator<Uint8Array, void, undefined> {
  let skip = answer.status === 206 ? 0 : offset;
  let left = length ?? Number.POSITIVE_INFINITY;
  for await (const piece of answer.body as AsyncIterable<Buffer>) {
    const wanted = piece.subarray(skip, skip + left);
    skip = Math.max(0, skip - piece.length);
    left -= wanted.length;
    if (wanted.length > 0) yield wanted;
    if (left <= 0) return;
  }
}
