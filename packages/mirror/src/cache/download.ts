import { abortable, anySignal, isProblem } from "@opendepot/base";
import type { Digest } from "@opendepot/oci";
import { registryAnswerInvalid } from "@opendepot/registry-client/parts";
import { DigestCheck } from "../digests.ts";
import { contentTooLarge, mirrorFull } from "../problems.ts";
import type { Counters } from "../stats.ts";
import type { UpstreamClient } from "../upstream/upstream-client.ts";
import { type BlobCache, isFull, type PartialFile } from "./blob-cache.ts";

/** What is downloaded from where to where. */
export interface DownloadOptions {
  readonly client: UpstreamClient;
  readonly repository: string;
  readonly digest: Digest;
  readonly cache: BlobCache;
  readonly maxBytes: number;
  /** What all downloads that run have on disk together. */
  readonly budget: Budget;
  readonly counters: Counters;
  /** Aborts when the mirror is closed. */
  readonly signal: AbortSignal;
}

/** Room on disk for what has no place in the cache yet. */
export interface Budget {
  usedBytes: number;
  readonly maxBytes: number;
}

const PIECE_BYTES = 256 * 1024;
/** How often a transfer goes on where it broke off. */
const MAX_RESUMES = 4;

/**
 * One blob on its way from the upstream into the cache, read by any number of clients while it arrives. Nobody gets the
 * last byte before the whole is proved to be what its digest says, so what is wrong is never served whole; and it gets
 * its name in the cache only then. It ends early when nobody reads it any more.
 */
export class Download {
  readonly #options: DownloadOptions;
  readonly #cancel = new AbortController();
  readonly #signal: AbortSignal;
  readonly #whole = Promise.withResolvers<void>();
  readonly #begun = Promise.withResolvers<number | undefined>();
  #partial: PartialFile | undefined;
  #received = 0;
  /** As announced; undefined where the upstream does not tell. */
  #total: number | undefined;
  #isProved = false;
  #readers = 0;
  #isOver = false;
  #moved = Promise.withResolvers<void>();

  constructor(options: DownloadOptions) {
    this.#options = options;
    this.#signal = anySignal(this.#cancel.signal, options.signal);
    this.#whole.promise.catch(() => undefined);
    this.#begun.promise.catch(() => undefined);
  }

  /** Whether it still comes, so that somebody may join. */
  get isJoinable(): boolean {
    return !this.#isOver && !this.#cancel.signal.aborted;
  }

  /** Resolves with the announced size once the upstream has begun to send; rejects as the download does. */
  get begun(): Promise<number | undefined> {
    return this.#begun.promise;
  }

  /** Fetches everything. Never rejects: readers are told. Resolves when the cache has it, or nothing is left of it. */
  async run(): Promise<boolean> {
    const { cache, digest } = this.#options;
    try {
      this.#partial = await cache.begin();
      await this.#fetch(this.#partial);
      await cache.publish(this.#partial, digest, this.#received);
      this.#isProved = true;
      this.#whole.resolve();
      return true;
    } catch (error) {
      this.#whole.reject(error);
      this.#begun.reject(error);
      return false;
    } finally {
      this.#isOver = true;
      this.#begun.resolve(this.#received);
      this.#tell();
      if (this.#readers === 0) await this.#close();
    }
  }

  /** Registers a reader at once, so that the download goes on for him. He disposes of what he gets. */
  join(): DownloadReader {
    this.#readers += 1;
    let isReading = true;
    return {
      read: (start, end, signal) => this.#read(start, end, signal),
      [Symbol.asyncDispose]: async () => {
        if (!isReading) return;
        isReading = false;
        this.#readers -= 1;
        if (this.#readers > 0) return;
        if (this.#isOver) await this.#close();
        else this.#cancel.abort(new Error("nobody wants it any more"));
      },
    };
  }

  async *#read(start: number, end: number | undefined, signal: AbortSignal): AsyncGenerator<Uint8Array> {
    for (let at = start; end === undefined || at < end; ) {
      const until = this.#isProved ? this.#received : this.#received - 1;
      const wanted = Math.min(PIECE_BYTES, Math.min(until, end ?? until) - at);
      if (wanted > 0 && this.#partial) {
        const { bytesRead, buffer } = await this.#partial.file.read(Buffer.allocUnsafe(wanted), 0, wanted, at);
        at += bytesRead;
        yield buffer.subarray(0, bytesRead);
        continue;
      }
      if (this.#isProved) return;
      if (this.#isOver) await this.#whole.promise; // says why
      await abortable(this.#moved.promise, signal);
    }
  }

  async #fetch(partial: PartialFile): Promise<void> {
    const { digest, repository } = this.#options;
    const check = new DigestCheck(digest);
    for (let resumes = 0; ; resumes++) {
      const before = this.#received;
      try {
        await this.#receive(partial, check);
        if (this.#total === undefined || this.#received >= this.#total) break;
      } catch (error) {
        this.#signal.throwIfAborted();
        const hasMoved = this.#received > before && resumes < MAX_RESUMES;
        if (!hasMoved || !isProblem(error, "registry_unreachable")) throw error;
        continue;
      }
      if (this.#received === before || resumes >= MAX_RESUMES) break;
    }
    if (this.#total !== undefined && this.#received !== this.#total) {
      throw registryAnswerInvalid(repository, `${digest} has ${this.#received} bytes, not ${this.#total}`);
    }
    if (!check.holds()) throw registryAnswerInvalid(repository, `what it sends as ${digest} is something else`);
  }

  /** One answer of the upstream, from where the last one ended. */
  async #receive(partial: PartialFile, check: DigestCheck): Promise<void> {
    const { client, digest, maxBytes, repository } = this.#options;
    const answer = await client.getBlob(repository, digest, this.#received, this.#signal);
    try {
      // A server that knows no ranges begins anew.
      const skip = answer.status === 206 ? 0 : this.#received;
      const length = Number(answer.headers["content-length"] ?? Number.NaN);
      if (Number.isSafeInteger(length) && this.#received === 0) this.#total = length;
      if ((this.#total ?? 0) > maxBytes) throw contentTooLarge(digest, maxBytes);
      this.#begun.resolve(this.#total);
      await client.words(repository, () => this.#store(answer.body, { partial, check, skip }), this.#signal);
    } finally {
      answer.body.destroy();
    }
  }

  async #store(
    body: AsyncIterable<Buffer>,
    { partial, check, skip }: { readonly partial: PartialFile; readonly check: DigestCheck; readonly skip: number },
  ): Promise<void> {
    let left = skip;
    for await (const piece of body) {
      const fresh = left > 0 ? piece.subarray(left) : piece;
      left = Math.max(0, left - piece.length);
      if (fresh.length === 0) continue;
      const { budget, digest, maxBytes } = this.#options;
      if (this.#received + fresh.length > maxBytes) throw contentTooLarge(digest, maxBytes);
      if (budget.usedBytes + fresh.length > budget.maxBytes) throw mirrorFull(partial.path, undefined);
      budget.usedBytes += fresh.length;
      check.update(fresh);
      await write(partial, fresh, this.#received);
      this.#received += fresh.length;
      this.#options.counters.fetchedBytes += fresh.length;
      this.#tell();
    }
  }

  #tell(): void {
    const { resolve } = this.#moved;
    this.#moved = Promise.withResolvers();
    resolve();
  }

  async #close(): Promise<void> {
    const partial = this.#partial;
    this.#partial = undefined;
    if (!partial) return;
    this.#options.budget.usedBytes -= this.#received;
    await this.#options.cache.discard(partial);
  }
}

/** A failure here must not look like one of the connection. */
async function write({ file, path }: PartialFile, piece: Buffer, at: number): Promise<void> {
  try {
    await file.write(piece, 0, piece.length, at);
  } catch (cause) {
    throw isFull(cause) ? mirrorFull(path, cause) : new Error(`cannot write ${path}`, { cause });
  }
}

/** A client of a {@link Download}. */
export interface DownloadReader extends AsyncDisposable {
  /**
   * The bytes from `start` up to `end`, or to wherever it ends, as they arrive.
   *
   * @throws why the download failed, if it did
   */
  read(start: number, end: number | undefined, signal: AbortSignal): AsyncGenerator<Uint8Array>;
}
