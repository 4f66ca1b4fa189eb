import type { Readable } from "node:stream";

/** What is known of a blob without reading it. */
export interface BlobStat {
  /** Bytes. */
  readonly size: number;
}

/** A part of a blob, in bytes: `start` is the first one, `end` the first one that is no longer wanted. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** A blob that a store holds. */
export interface StoredBlob extends BlobStat {
  readonly digest: string;
  /** When it was committed last; committing the same content again makes it young. */
  readonly modifiedAt: Date;
}

/** What an append reads. */
export interface UploadSource extends AsyncIterable<Uint8Array> {
  /** Gets back each piece that the store is done with; it may never be called. Default: nobody wants them back. */
  readonly release?: ((piece: Uint8Array) => void) | undefined;
}

/** Takes a piece of a blob; resolves when its memory is needed no more. */
export type TakePiece = (piece: Uint8Array) => Promise<void>;

/** An upload that was neither committed nor aborted. */
export interface StoredUpload {
  readonly id: string;
  /** When it was created or last grew, to within some minutes. */
  readonly modifiedAt: Date;
}

/**
 * Bytes by digest, and uploads that are on their way. Knows nothing of repositories and rights.
 *
 * Several processes may use the same place at once. What `commit` has acknowledged is whole and outlives a crash; what
 * `append` has acknowledged is there for the next process, too. An upload belongs to whoever appended last: a process
 * that has lost an upload to another one is told so with `upload_busy` and has changed nothing that counts.
 *
 * Digests are `sha256:…` or `sha512:…` in lower-case hex (else `digest_invalid`). Ids of uploads are chosen by the
 * caller: 1 to 128 letters, digits, `-` and `_` (else `upload_id_invalid`).
 *
 * Any call may throw `store_unreachable`, and those that write `store_full`; both lose nothing that was acknowledged.
 * A call whose `signal` aborts rejects with the signal's reason. Every store passes `blobStoreContract`.
 */
export interface BlobStore extends AsyncDisposable {
  /** Whether the blob is there, and how large it is. */
  stat(digest: string, signal?: AbortSignal): Promise<BlobStat | undefined>;

  /**
   * Opens a blob, or the part of it that `range` names; what lies behind the end is left out.
   * The caller destroys the stream; `signal` does so, too.
   *
   * @throws {Problem} `blob_missing`
   */
  read(digest: string, range: ByteRange | undefined, signal?: AbortSignal): Promise<Readable>;

  /**
   * Hands out what {@link read} would give piece by piece, if the store has a cheaper way for that: a piece's memory is
   * used again as soon as `take` has resolved. Two pieces at most are being taken at once, in their order. Ends when the
   * last one was taken, or with what `take` throws.
   *
   * @throws {Problem} `blob_missing`, before the first piece
   */
  readonly pass?: (
    digest: string,
    range: ByteRange | undefined,
    take: TakePiece,
    signal?: AbortSignal,
  ) => Promise<void>;

  /**
   * An address that a GET may be redirected to, if the store offers one: it needs no credentials and works for about
   * `validForSeconds`. Undefined where the store would rather not. It does not tell whether the blob exists.
   */
  readonly address?: (digest: string, validForSeconds: number) => Promise<URL | undefined>;

  /** Begins an upload. One that exists already stays as it is. */
  createUpload(id: string, signal?: AbortSignal): Promise<void>;

  /** Bytes of the upload that are kept for good; undefined if there is no such upload. */
  uploadSize(id: string, signal?: AbortSignal): Promise<number | undefined>;

  /**
   * Appends at `offset`, which has to be the upload's size, and hashes on the way. Memory does not grow with the body:
   * it is read as fast as it is written. A piece must not be changed once it was yielded. When `body` throws, or
   * `signal` aborts, what came before is kept and the error is passed on; `uploadSize` tells where to go on.
   *
   * `digest` is what the caller expects the whole upload to be, if he knows: it only makes `commit` cheaper. Another
   * digest at `commit` is a mismatch then.
   *
   * @returns the new size
   * @throws {Problem} `upload_missing`; `upload_offset_wrong`, with the true size as `detail.size`; `upload_busy` while
   *   another append or a commit runs, or when another process took the upload over
   */
  append(id: string, offset: number, body: UploadSource, signal?: AbortSignal, digest?: string): Promise<number>;

  /**
   * Makes the upload a blob, durably, and ends it. A blob that is there already is fine.
   *
   * @throws {Problem} `digest_mismatch` when the bytes are not what `digest` says: the upload is gone then;
   *   `upload_missing`; `upload_busy`
   */
  commit(id: string, digest: string, signal?: AbortSignal): Promise<BlobStat>;

  /** Drops an upload and ends an append that runs. One that does not exist is fine. */
  abort(id: string, signal?: AbortSignal): Promise<void>;

  /** Removes a blob. One that does not exist is fine; streams that are open may still end well. */
  remove(digest: string, signal?: AbortSignal): Promise<void>;

  /** All blobs, in no order. What comes or goes meanwhile may be in it or not. */
  blobs(signal?: AbortSignal): AsyncIterable<StoredBlob>;

  /** All uploads, in no order. What comes or goes meanwhile may be in it or not. */
  uploads(signal?: AbortSignal): AsyncIterable<StoredUpload>;
}
