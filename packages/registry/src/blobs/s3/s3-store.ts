import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import type { S3Client } from "@aws-sdk/client-s3";
import { abortable, isProblem } from "@opendepot/base";
import type { BlobStat, BlobStore, ByteRange, StoredBlob, StoredUpload } from "../blob-store.ts";
import {
  type Algorithm,
  type BlobName,
  blobDigestOf,
  blobKey,
  checkUploadId,
  isUploadId,
  parseBlobDigest,
} from "../names.ts";
import {
  blobMissing,
  digestMismatch,
  storeUnreachable,
  uploadBusy,
  uploadMissing,
  uploadOffsetWrong,
} from "../problems.ts";
import { RecentMap } from "../recent-map.ts";
import { Slots } from "../slots.ts";
import { UploadBody } from "../upload-body.ts";
import { UploadTurns } from "../upload-turns.ts";
import { openClient } from "./client.ts";
import { copyOnServer } from "./large-copy.ts";
import { Multiparts } from "./multiparts.ts";
import { Objects } from "./objects.ts";
import { type ResolvedS3Options, resolveS3Options, type S3StoreOptions } from "./options.ts";
import { Requests } from "./requests.ts";
import { S3Upload, type UploadDeps } from "./s3-upload.ts";
import { signer } from "./signer.ts";
import { takeOver } from "./take-over.ts";
import { contentsOf } from "./upload-contents.ts";
import { dataKey, type KnownRecord, UploadRecords, uploadPrefix } from "./upload-record.ts";

/** Parts that are on their way, of all uploads together. */
const PARTS_AT_ONCE = 8;
/** What uploads that wait for their next request may hold in memory. */
const WAITING_BYTES = 64 * 1024 * 1024;
const UPLOAD_BYTES = 4_096;
const CLOSE_MS = 5_000;

/**
 * Opens a {@link BlobStore} in a bucket of Amazon S3 or of a store that speaks its protocol, with conditional writes
 * (`If-Match`). Several processes may have the same bucket open.
 *
 * ```text
 * blobs/sha256/ab/abcd…   whole blobs only
 * uploads/ID/record       what is known of an upload, with the bytes that are too few for a part: see UploadRecord
 * uploads/ID/data         its parts, joined, while they are checked and copied to their place
 * ```
 *
 * A rule of the bucket should abort multipart uploads of some days' age: a killed process may leave some.
 *
 * @throws {Problem} `s3_options_invalid`; `store_unreachable` when the bucket is not there or does not let us in
 */
export async function openS3Store(options: S3StoreOptions, signal?: AbortSignal): Promise<BlobStore> {
  const resolved = resolveS3Options(options);
  const client = openClient(resolved);
  try {
    const store = new S3Store(client, resolved);
    await store.checkBucket(signal);
    return store;
  } catch (error) {
    client.destroy();
    throw error;
  }
}

class S3Store implements BlobStore {
  readonly address?: (digest: string, validForSeconds: number) => Promise<URL | undefined>;
  readonly #client: S3Client;
  readonly #options: ResolvedS3Options;
  readonly #place: string;
  readonly #deps: UploadDeps;
  readonly #turns = new UploadTurns();
  readonly #waiting = new RecentMap<S3Upload>(WAITING_BYTES);

  constructor(client: S3Client, options: ResolvedS3Options) {
    this.#client = client;
    this.#options = options;
    const requests = new Requests(client, options);
    const objects = new Objects(requests);
    this.#place = requests.place;
    this.#deps = {
      objects,
      multiparts: new Multiparts(requests),
      records: new UploadRecords(objects),
      slots: new Slots(PARTS_AT_ONCE),
    };
    if (options.redirect) this.address = signer(client, options, requests);
  }

  async checkBucket(signal?: AbortSignal): Promise<void> {
    await this.#deps.objects.checkBucket(signal);
  }

  async stat(digest: string, signal?: AbortSignal): Promise<BlobStat | undefined> {
    const found = await this.#deps.objects.head(blobKey(parseBlobDigest(digest)), signal);
    return found && { size: found.size };
  }

  async read(digest: string, range: ByteRange | undefined, signal?: AbortSignal): Promise<Readable> {
    const key = blobKey(parseBlobDigest(digest));
    const isEmpty = range !== undefined && range.start >= range.end;
    const stream = isEmpty ? undefined : await this.#deps.objects.open(key, range, signal);
    if (stream) return stream;
    if (range === undefined || !(await this.#deps.objects.head(key, signal))) throw blobMissing(digest);
    return Readable.from([]);
  }

  async createUpload(id: string, signal?: AbortSignal): Promise<void> {
    checkUploadId(id);
    const record = { multipart: undefined, partBytes: this.#options.partBytes, parts: 0, tail: new Uint8Array() };
    const etag = await this.#deps.records.create(id, record, signal);
    if (etag !== undefined) this.#keep(new S3Upload(this.#deps, { id, etag, record, etags: [] }));
  }

  async uploadSize(id: string, signal?: AbortSignal): Promise<number | undefined> {
    const record = await this.#deps.records.look(checkUploadId(id), signal);
    return record && (await this.#sizeOf(id, record, signal));
  }

  async append(
    id: string,
    offset: number,
    body: AsyncIterable<Uint8Array>,
    signal?: AbortSignal,
    digest?: string,
  ): Promise<number> {
    checkUploadId(id);
    const told = digest === undefined ? undefined : parseBlobDigest(digest);
    using turn = this.#turns.take(id, signal);
    const source = new UploadBody(body, turn.signal);
    const record = await this.#deps.records.look(id, turn.signal);
    if (record === undefined) throw uploadMissing(id);
    const size = await this.#sizeOf(id, record, turn.signal);
    if (size !== offset) throw uploadOffsetWrong(id, offset, size);
    const upload = await this.#own(id, record, turn.signal);
    if (upload.size !== offset) throw uploadOffsetWrong(id, offset, upload.size);
    // Parts may be joined where the blob belongs only if they are hashed from the first byte on.
    const key = told && upload.hashWith(told.algorithm) ? blobKey(told) : dataKey(id);
    this.#waiting.delete(id);
    await upload.append(source.pieces(), key);
    this.#keep(upload);
    source.throwFailure();
    return upload.size;
  }

  async commit(id: string, digest: string, signal?: AbortSignal): Promise<BlobStat> {
    const name = parseBlobDigest(digest);
    checkUploadId(id);
    using turn = this.#turns.take(id, signal);
    const record = await this.#deps.records.look(id, turn.signal);
    if (record === undefined) throw uploadMissing(id);
    const upload = await this.#own(id, record, turn.signal);
    this.#waiting.delete(id);
    await this.#publish(upload, name, turn.signal).catch(async (error: unknown) => {
      if (isProblem(error, "digest_mismatch")) await this.#discard(id);
      throw error;
    });
    await this.#deps.records.remove(id);
    if (upload.multipart) await this.#deps.objects.delete(dataKey(id));
    return { size: upload.size };
  }

  async abort(id: string, signal?: AbortSignal): Promise<void> {
    checkUploadId(id);
    signal?.throwIfAborted();
    await this.#turns.cancel(id, uploadMissing(id));
    await this.#discard(id, signal);
  }

  async remove(digest: string, signal?: AbortSignal): Promise<void> {
    await this.#deps.objects.delete(blobKey(parseBlobDigest(digest)), signal);
  }

  async *blobs(signal?: AbortSignal): AsyncGenerator<StoredBlob, void, undefined> {
    for await (const { key, size, modifiedAt } of this.#deps.objects.list("blobs/", signal)) {
      const [, algorithm, , hex] = key.split("/");
      const digest = algorithm && hex && blobDigestOf(algorithm, hex);
      if (digest) yield { digest, size, modifiedAt };
    }
  }

  /** Also those of which a killed process has left only pieces, so that they are aborted some day. */
  async *uploads(signal?: AbortSignal): AsyncGenerator<StoredUpload, void, undefined> {
    const latest = new Map<string, Date>();
    const see = ({ key, modifiedAt }: { readonly key: string; readonly modifiedAt: Date }): void => {
      const id = key.split("/")[1] ?? "";
      if (isUploadId(id) && modifiedAt > (latest.get(id) ?? new Date(0))) latest.set(id, modifiedAt);
    };
    for await (const object of this.#deps.objects.list("uploads/", signal)) see(object);
    for await (const multipart of this.#deps.multiparts.list("uploads/", signal)) see(multipart);
    for (const [id, modifiedAt] of latest) yield { id, modifiedAt };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closing = this.#turns.cancelAll(() => storeUnreachable(this.#place, new Error("the store is being closed")));
    const limit = AbortSignal.timeout(CLOSE_MS);
    await abortable(closing, limit).catch(() => undefined); // what is still on its way ends with the connections
    this.#client.destroy();
  }

  #keep(upload: S3Upload): void {
    this.#waiting.set(upload.id, upload, UPLOAD_BYTES + upload.tail.length);
  }

  /** Ours, if its record is the one that we wrote. */
  #known(id: string, record: KnownRecord): S3Upload | undefined {
    const known = this.#waiting.get(id);
    return known?.etag === record.etag ? known : undefined;
  }

  async #own(id: string, record: KnownRecord, signal: AbortSignal): Promise<S3Upload> {
    return this.#known(id, record) ?? (await takeOver(id, this.#deps, signal));
  }

  async #sizeOf(id: string, record: KnownRecord, signal: AbortSignal | undefined): Promise<number> {
    return this.#known(id, record)?.size ?? (await contentsOf(id, record, this.#deps, signal)).size;
  }

  /** Only what was found to be right comes to lie where blobs are. */
  async #publish(upload: S3Upload, name: BlobName, signal: AbortSignal): Promise<void> {
    const { id, multipart } = upload;
    const key = blobKey(name);
    const expected = `${name.algorithm}:${name.hex}`;
    const hashed = upload.digest(name.algorithm);
    if (hashed !== undefined && hashed !== expected) throw digestMismatch(expected, hashed);
    if (multipart === undefined) {
      await this.#deps.objects.put(key, upload.tail, { signal });
      return;
    }
    const isInPlace = multipart.key === key && hashed !== undefined;
    if (!isInPlace && multipart.key !== dataKey(id)) throw digestMismatch(expected, "what was told before");
    if ((await upload.join(signal)) === "changed") throw uploadBusy(id);
    if (isInPlace) return;
    const actual = hashed ?? (await this.#digestOf(multipart.key, name.algorithm, signal));
    if (actual !== expected) throw digestMismatch(expected, actual);
    await copyOnServer(this.#deps, { from: multipart.key, to: key, size: upload.size }, signal);
  }

  async #digestOf(key: string, algorithm: Algorithm, signal: AbortSignal): Promise<string> {
    const hash = createHash(algorithm);
    const stream = await this.#deps.objects.open(key, undefined, signal);
    for await (const piece of stream ?? []) hash.update(piece as Buffer);
    return `${algorithm}:${hash.digest("hex")}`;
  }

  /** The record goes first: without it there is no upload. */
  async #discard(id: string, signal?: AbortSignal): Promise<void> {
    const { objects, multiparts, records } = this.#deps;
    this.#waiting.delete(id);
    const record = await records.look(id, signal);
    if (record) await records.remove(id, signal);
    if (record?.multipart) await multiparts.abort(record.multipart, signal);
    for await (const multipart of multiparts.list(uploadPrefix(id), signal)) await multiparts.abort(multipart, signal);
    for await (const { key } of objects.list(uploadPrefix(id), signal)) await objects.delete(key, signal);
  }
}
