import { createHash, type Hash } from "node:crypto";
import { createReadStream, type Stats } from "node:fs";
import { type FileHandle, open, stat } from "node:fs/promises";
import type { Algorithm } from "../names.ts";
import { uploadBusy, uploadMissing } from "../problems.ts";
import type { Slots } from "../slots.ts";
import type { UploadBody } from "../upload-body.ts";
import { ifThere } from "./system-errors.ts";
import type { UploadFiles, UploadState } from "./upload-files.ts";
import { UploadWriter } from "./upload-writer.ts";

const READ_BYTES = 256 * 1024;

/** How an upload is taken over. */
export interface TakeOverOptions {
  /** What the bytes are hashed with on their way. */
  readonly algorithm: Algorithm;
  readonly syncs: Slots;
  readonly signal: AbortSignal;
}

/**
 * Makes an upload ours: copies what it has, nothing for a new one, to a file that only we write, and hashes it.
 *
 * @throws {Problem} `upload_missing`, `upload_busy` when somebody else is doing the same
 */
export async function takeOver(files: UploadFiles, state: UploadState, options: TakeOverOptions): Promise<OwnedFile> {
  const { number, file } = await files.take(state);
  await using _closing = file;
  try {
    const hash = createHash(options.algorithm);
    const size = await copyBytes(files, file, { ...options, hash });
    await files.complete(number);
    return new OwnedFile({ number, path: files.path(number), size, hash, ...options, made: await file.stat() });
  } catch (error) {
    await files.giveUp(number);
    throw error;
  }
}

async function copyBytes(
  files: UploadFiles,
  into: FileHandle,
  { hash, syncs, signal }: TakeOverOptions & { readonly hash: Hash },
): Promise<number> {
  // Looked at only now: whatever somebody acknowledged before he could see our number is in it.
  const state = await files.look();
  if (state === undefined) throw uploadMissing(files.id);
  if (state.number === 0) return 0;
  const from = await ifThere(open(files.path(state.number), "r"));
  if (from === undefined) throw uploadBusy(files.id);
  await using _closing = from;
  const { size } = await from.stat();
  if (size === 0) return 0;
  const writer = new UploadWriter(into, { size: 0, hash, syncs });
  const bytes = from.createReadStream({ start: 0, end: size - 1, highWaterMark: READ_BYTES, autoClose: false });
  for await (const piece of bytes as AsyncIterable<Buffer>) {
    signal.throwIfAborted();
    await writer.add(piece);
  }
  await writer.finish();
  return size;
}

/** The file of an upload that this process, and no other, writes. */
export class OwnedFile {
  readonly number: number;
  readonly path: string;
  readonly #algorithm: Algorithm;
  readonly #made: Stats;
  #size: number;
  /** Of all bytes; undefined when it has to be computed anew. */
  #hash: Hash | undefined;

  constructor(file: {
    readonly number: number;
    readonly path: string;
    readonly size: number;
    readonly hash: Hash;
    readonly algorithm: Algorithm;
    readonly made: Stats;
  }) {
    this.number = file.number;
    this.path = file.path;
    this.#algorithm = file.algorithm;
    this.#made = file.made;
    this.#size = file.size;
    this.#hash = file.hash;
  }

  /** Bytes that are on the disk. */
  get size(): number {
    return this.#size;
  }

  /** Whether it still is that file: not one that another process made for another upload of the same id. */
  async isThere(): Promise<boolean> {
    const found = await ifThere(stat(this.path));
    if (found === undefined || found.size !== this.#size) return false;
    return found.ino === this.#made.ino && found.birthtimeMs === this.#made.birthtimeMs;
  }

  /** Appends and syncs. What was written before a failure is kept. */
  async append(body: Pick<UploadBody, "pieces" | "release">, syncs: Slots): Promise<void> {
    await using file = await open(this.path, "r+");
    this.#hash ??= await this.#hashWith(this.#algorithm);
    const writer = new UploadWriter(file, { size: this.#size, hash: this.#hash, syncs, release: body.release });
    try {
      for await (const piece of body.pieces()) await writer.add(piece);
      await writer.finish();
    } finally {
      const { size, hash } = await writer.settle();
      this.#size = size;
      this.#hash = hash;
    }
  }

  /** The digest of all bytes; they are read again only if it is not the one that was computed on the way. */
  async digest(algorithm: Algorithm, signal: AbortSignal): Promise<string> {
    const isKnown = algorithm === this.#algorithm && this.#hash !== undefined;
    const hash = isKnown && this.#hash ? this.#hash.copy() : await this.#hashWith(algorithm, signal);
    return `${algorithm}:${hash.digest("hex")}`;
  }

  async #hashWith(algorithm: Algorithm, signal?: AbortSignal): Promise<Hash> {
    const hash = createHash(algorithm);
    for await (const piece of createReadStream(this.path, { highWaterMark: READ_BYTES }) as AsyncIterable<Buffer>) {
      signal?.throwIfAborted();
      hash.update(piece);
    }
    return hash;
  }
}
