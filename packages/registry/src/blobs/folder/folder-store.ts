import { randomUUID } from "node:crypto";
import { type FileHandle, open, readdir, rename, rm, rmdir, stat, unlink, utimes } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { Readable } from "node:stream";
import { onAbort, systemCodeOf } from "@opendepot/base";
import type {
  BlobStat,
  BlobStore,
  ByteRange,
  StoredBlob,
  StoredUpload,
  TakePiece,
  UploadSource,
} from "../blob-store.ts";
import { ALGORITHMS, type Algorithm, blobKey, checkUploadId, parseBlobDigest } from "../names.ts";
import { blobMissing, digestMismatch, storeUnreachable, uploadMissing, uploadOffsetWrong } from "../problems.ts";
import { RecentMap } from "../recent-map.ts";
import { Slots } from "../slots.ts";
import { UploadBody } from "../upload-body.ts";
import { UploadTurns } from "../upload-turns.ts";
import { makeFolder, makeFolderDurably, makeFoldersDurably, syncFolder } from "./durable.ts";
import { listBlobs, listUploads } from "./list.ts";
import { type OwnedFile, takeOver } from "./owned-file.ts";
import { passFile } from "./pass-file.ts";
import { PieceBuffers } from "./piece-buffers.ts";
import { eachOnDisk, ifThere, onDisk } from "./system-errors.ts";
import { UploadFiles, type UploadState } from "./upload-files.ts";

/** Where a folder store keeps its bytes. */
export interface FolderStoreOptions {
  /** Made if it is missing. Best on a file system of its own, so that a full one harms nobody else. */
  readonly folder: string;
}

/** How many uploads' hashes are kept between requests; others are read again when they go on. */
const KEPT_HASHES = 10_000;
/** A sync holds one of Node.js's four threads for file work: reads must not wait behind pushes. */
const SYNCS_AT_ONCE = 2;
const READ_BYTES = 512 * 1024;

/**
 * Opens a {@link BlobStore} in a folder. Several processes may have the same folder open, also over a network file
 * system that knows exclusive creation and atomic rename.
 *
 * ```text
 * blobs/sha256/ab/abcd…   whole blobs only: synced, then renamed to here
 * uploads/ID/             the bytes of an upload: see UploadFiles
 * trash/                  what is being removed
 * ```
 *
 * @throws {Problem} `store_unreachable`, `store_full` when the folder cannot be made or written
 */
export async function openFolderStore(options: FolderStoreOptions): Promise<BlobStore> {
  const folder = resolve(options.folder);
  await onDisk(folder, async () => {
    await makeFoldersDurably(folder);
    await makeFolderDurably(join(folder, "blobs"));
    for (const algorithm of ALGORITHMS) await makeFolderDurably(join(folder, "blobs", algorithm));
    for (const name of ["uploads", "trash"]) await makeFolderDurably(join(folder, name));
    await emptyTrash(join(folder, "trash"));
  });
  return new FolderStore(folder);
}

/** What a killed process had no time to remove. */
async function emptyTrash(trash: string): Promise<void> {
  for (const name of await readdir(trash)) await rm(join(trash, name), { recursive: true, force: true });
}

class FolderStore implements BlobStore {
  readonly #folder: string;
  readonly #turns = new UploadTurns();
  readonly #buffers = new PieceBuffers();
  readonly #owned = new RecentMap<OwnedFile>(KEPT_HASHES);
  readonly #syncs = new Slots(SYNCS_AT_ONCE);

  constructor(folder: string) {
    this.#folder = folder;
  }

  async stat(digest: string, signal?: AbortSignal): Promise<BlobStat | undefined> {
    const path = this.#blobPath(digest);
    signal?.throwIfAborted();
    return await onDisk(this.#folder, async () => {
      const found = await ifThere(stat(path));
      if (found === undefined) await this.#checkMounted();
      return found && { size: found.size };
    });
  }

  async read(digest: string, range: ByteRange | undefined, signal?: AbortSignal): Promise<Readable> {
    const path = this.#blobPath(digest);
    signal?.throwIfAborted();
    return await onDisk(this.#folder, async () => {
      const file = await ifThere(open(path, "r"));
      if (file) return await streamOf(file, range, signal);
      await this.#checkMounted();
      throw blobMissing(digest);
    });
  }

  async pass(digest: string, range: ByteRange | undefined, take: TakePiece, signal?: AbortSignal): Promise<void> {
    const path = this.#blobPath(digest);
    signal?.throwIfAborted();
    await using file = await onDisk(this.#folder, async () => {
      const found = await ifThere(open(path, "r"));
      if (found === undefined) await this.#checkMounted();
      return found;
    });
    if (file === undefined) throw blobMissing(digest);
    await passFile(file, { range, take, buffers: this.#buffers, signal });
  }

  async createUpload(id: string, signal?: AbortSignal): Promise<void> {
    const { folder } = this.#filesOf(id);
    signal?.throwIfAborted();
    await onDisk(this.#folder, () => makeFolder(folder));
  }

  async uploadSize(id: string, signal?: AbortSignal): Promise<number | undefined> {
    const files = this.#filesOf(id);
    signal?.throwIfAborted();
    return await onDisk(this.#folder, () => this.#sizeOf(files));
  }

  async append(id: string, offset: number, body: UploadSource, signal?: AbortSignal, digest?: string): Promise<number> {
    const files = this.#filesOf(id);
    const algorithm = digest === undefined ? "sha256" : parseBlobDigest(digest).algorithm;
    using turn = this.#turns.take(id, signal);
    const source = new UploadBody(body, turn.signal);
    const size = await this.#onUpload(id, async () => {
      const found = await this.#sizeOf(files);
      if (found === undefined) throw uploadMissing(id);
      if (found !== offset) throw uploadOffsetWrong(id, offset, found);
      const owned = await this.#own(files, algorithm, turn.signal);
      if (owned.size !== offset) throw uploadOffsetWrong(id, offset, owned.size);
      await owned.append(source, this.#syncs);
      if (!source.isBroken) await files.checkOwner(owned.number);
      return owned.size;
    });
    source.throwFailure();
    return size;
  }

  async commit(id: string, digest: string, signal?: AbortSignal): Promise<BlobStat> {
    const name = parseBlobDigest(digest);
    const files = this.#filesOf(id);
    using turn = this.#turns.take(id, signal);
    return await this.#onUpload(id, async () => {
      const owned = await this.#own(files, name.algorithm, turn.signal);
      const actual = await owned.digest(name.algorithm, turn.signal);
      if (actual !== digest) {
        await this.#discard(files);
        throw digestMismatch(digest, actual);
      }
      turn.signal.throwIfAborted();
      await this.#publish(files, owned, join(this.#folder, blobKey(name)));
      return { size: owned.size };
    });
  }

  async abort(id: string, signal?: AbortSignal): Promise<void> {
    const files = this.#filesOf(id);
    signal?.throwIfAborted();
    await this.#turns.cancel(id, uploadMissing(id));
    await onDisk(this.#folder, () => this.#discard(files));
  }

  async remove(digest: string, signal?: AbortSignal): Promise<void> {
    const path = this.#blobPath(digest);
    signal?.throwIfAborted();
    await onDisk(this.#folder, async () => {
      const wasThere = await ifThere(unlink(path).then(() => true));
      if (!wasThere) await this.#checkMounted();
    });
  }

  blobs(signal?: AbortSignal): AsyncIterable<StoredBlob> {
    return eachOnDisk(this.#folder, listBlobs(join(this.#folder, "blobs"), signal));
  }

  uploads(signal?: AbortSignal): AsyncIterable<StoredUpload> {
    return eachOnDisk(this.#folder, listUploads(join(this.#folder, "uploads"), signal));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#turns.cancelAll(() => storeUnreachable(this.#folder, new Error("the store is being closed")));
  }

  #blobPath(digest: string): string {
    return join(this.#folder, blobKey(parseBlobDigest(digest)));
  }

  #filesOf(id: string): UploadFiles {
    return new UploadFiles(id, join(this.#folder, "uploads", checkUploadId(id)));
  }

  /** The folder of a file system that is not mounted looks as if there were no blobs. That must not be believed. */
  async #checkMounted(): Promise<void> {
    await stat(join(this.#folder, "uploads"));
  }

  /** Where a file is missing all of a sudden, somebody else has committed or aborted the upload. */
  async #onUpload<T>(id: string, work: () => Promise<T>): Promise<T> {
    return await onDisk(this.#folder, async () => {
      try {
        return await work();
      } catch (error) {
        if (systemCodeOf(error) !== "ENOENT") throw error;
        await this.#checkMounted();
        throw uploadMissing(id);
      }
    });
  }

  async #look(files: UploadFiles): Promise<UploadState | undefined> {
    const state = await files.look();
    if (state === undefined) await this.#checkMounted();
    return state;
  }

  async #sizeOf(files: UploadFiles): Promise<number | undefined> {
    for (;;) {
      const state = await this.#look(files);
      if (state === undefined) return undefined;
      const size = await files.sizeOf(state);
      if (size !== undefined) return size;
    }
  }

  async #own(files: UploadFiles, algorithm: Algorithm, signal: AbortSignal): Promise<OwnedFile> {
    const state = await this.#look(files);
    if (state === undefined) throw uploadMissing(files.id);
    const known = this.#owned.get(files.id);
    if (known?.number === state.taken && (await known.isThere())) return known;
    const owned = await takeOver(files, state, { algorithm, syncs: this.#syncs, signal });
    this.#owned.set(files.id, owned);
    return owned;
  }

  /** The moment in which an upload becomes a blob is the rename: until the folder is synced nobody is told of it. */
  async #publish(files: UploadFiles, owned: OwnedFile, blob: string): Promise<void> {
    const now = new Date();
    await utimes(owned.path, now, now);
    await makeFolderDurably(dirname(blob));
    await files.checkOwner(owned.number);
    await rename(owned.path, blob);
    await syncFolder(dirname(blob));
    await this.#discard(files);
  }

  async #discard({ id, folder }: UploadFiles): Promise<void> {
    this.#owned.delete(id);
    if (await isRemovedEmpty(folder)) return;
    // Gone at once for all who look; its files take longer.
    const trash = join(this.#folder, "trash", randomUUID());
    await ifThere(rename(folder, trash));
    await rm(trash, { recursive: true, force: true });
  }
}

async function isRemovedEmpty(folder: string): Promise<boolean> {
  try {
    await rmdir(folder);
    return true;
  } catch (error) {
    const code = systemCodeOf(error);
    if (code === "ENOTEMPTY" || code === "EEXIST") return false;
    if (code === "ENOENT") return true;
    throw error;
  }
}

async function streamOf(
  file: FileHandle,
  range: ByteRange | undefined,
  signal: AbortSignal | undefined,
): Promise<Readable> {
  await using cleanup = new AsyncDisposableStack();
  cleanup.use(file);
  const { size } = await file.stat();
  const start = range?.start ?? 0;
  const end = Math.min(range?.end ?? size, size);
  if (start >= end) return Readable.from([]);
  const stream = file.createReadStream({ start, end: end - 1, highWaterMark: READ_BYTES });
  const aborting = onAbort(signal, (reason) => stream.destroy(reason as Error));
  stream.once("close", () => aborting[Symbol.dispose]());
  cleanup.move(); // the stream closes the file
  return stream;
}
