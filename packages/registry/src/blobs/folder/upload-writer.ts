import type { Hash } from "node:crypto";
import type { FileHandle } from "node:fs/promises";
import type { Slots } from "../slots.ts";

/** So much is written at once. Twice of it is what an append holds in memory. */
const BATCH_BYTES = 256 * 1024;
const BATCH_PIECES = 64;
/** After so much a sync begins in the background, so that the one at the end has little left to do. */
const SYNC_BYTES = 32 * 1024 * 1024;

/** Where a writer goes on. */
export interface WriterStart {
  /** Bytes that the file has, all of them on the disk. */
  readonly size: number;
  /** Of those bytes. */
  readonly hash: Hash;
  readonly syncs: Slots;
  /** Gets each piece when it is in the file. */
  readonly release?: ((piece: Uint8Array) => void) | undefined;
}

/**
 * Writes pieces to the end of a file and hashes them. One batch is on its way to the file while the next is gathered
 * and hashed; batches follow one another, so that a disk that fills up leaves no hole.
 */
export class UploadWriter {
  readonly #file: FileHandle;
  readonly #hash: Hash;
  readonly #syncs: Slots;
  readonly #release: WriterStart["release"];
  #hashed: number;
  #written: number;
  #synced: number;
  #batch: Uint8Array[] = [];
  #batchBytes = 0;
  #writing: Promise<void> = Promise.resolve();
  #syncing: Promise<void> = Promise.resolve();
  #isSyncing = false;
  #hasLost = false;

  constructor(file: FileHandle, { size, hash, syncs, release }: WriterStart) {
    this.#file = file;
    this.#hash = hash;
    this.#syncs = syncs;
    this.#release = release;
    this.#hashed = this.#written = this.#synced = size;
  }

  async add(piece: Uint8Array): Promise<void> {
    this.#hash.update(piece);
    this.#hashed += piece.length;
    this.#batch.push(piece);
    this.#batchBytes += piece.length;
    if (this.#batchBytes >= BATCH_BYTES || this.#batch.length >= BATCH_PIECES) await this.#flush();
  }

  /** Writes what is left, and returns when all is on the disk. */
  async finish(): Promise<void> {
    await this.#flush();
    await this.#writing;
    await this.#syncing;
    if (this.#written > this.#synced) await this.#syncUpTo(this.#written);
  }

  /**
   * Puts the file in order after a failure: nothing is being written any more, and what it has is on the disk.
   *
   * @returns the size, and the hash if it is that of all those bytes
   */
  async settle(): Promise<{ readonly size: number; readonly hash: Hash | undefined }> {
    await Promise.allSettled([this.#writing, this.#syncing]);
    const { size: found } = await this.#file.stat();
    if (!this.#hasLost && found > this.#synced) await this.#syncUpTo(found).catch(() => undefined);
    // What a failed sync has lost, the next sync does not tell again.
    if (this.#hasLost) await this.#file.truncate(this.#synced);
    const size = this.#hasLost ? this.#synced : found;
    return { size, hash: size === this.#hashed ? this.#hash : undefined };
  }

  async #flush(): Promise<void> {
    await this.#writing;
    if (this.#written - this.#synced >= SYNC_BYTES) this.#beginSync();
    if (this.#batchBytes === 0) return;
    this.#writing = this.#write(this.#batch, this.#batchBytes);
    // Waited for later; until then its failure has no listener.
    this.#writing.catch(() => undefined);
    this.#batch = [];
    this.#batchBytes = 0;
  }

  async #write(batch: readonly Uint8Array[], bytes: number): Promise<void> {
    await writeAll(this.#file, batch, this.#written);
    this.#written += bytes;
    if (this.#release) for (const piece of batch) this.#release(piece);
  }

  #beginSync(): void {
    if (this.#isSyncing || !this.#syncs.hasRoom) return;
    this.#isSyncing = true;
    this.#syncing = this.#syncUpTo(this.#written).finally(() => {
      this.#isSyncing = false;
    });
    this.#syncing.catch(() => undefined);
  }

  async #syncUpTo(size: number): Promise<void> {
    try {
      await this.#syncs.run(() => this.#file.datasync());
      this.#synced = size;
    } catch (error) {
      this.#hasLost = true;
      throw error;
    }
  }
}

async function writeAll(file: FileHandle, pieces: readonly Uint8Array[], position: number): Promise<void> {
  let left = pieces;
  let at = position;
  while (left.length > 0) {
    const { bytesWritten } = await file.writev(left, at);
    at += bytesWritten;
    left = withoutFirst(left, bytesWritten);
  }
}

/** What a short write has left. */
function withoutFirst(pieces: readonly Uint8Array[], bytes: number): readonly Uint8Array[] {
  let skip = bytes;
  return pieces.flatMap((piece) => {
    const rest = piece.subarray(Math.min(skip, piece.length));
    skip -= piece.length - rest.length;
    return rest.length > 0 ? [rest] : [];
  });
}
