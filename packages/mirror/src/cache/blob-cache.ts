import { randomUUID } from "node:crypto";
import { type FileHandle, mkdir, open, readdir, rename, rm, stat, unlink, utimes } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type Logger, messageOf, systemCodeOf } from "@opendepot/base";
import { type Digest, splitDigest } from "@opendepot/oci";
import { isKeptDigest } from "../digests.ts";
import { mirrorFull } from "../problems.ts";

/** Where a cache keeps its bytes, and how many. */
export interface BlobCacheOptions {
  /** Made if it is missing; nothing else may be in it. */
  readonly folder: string;
  readonly maxBytes: number;
  readonly logger: Logger;
  /** Told what had to make room; what it throws is logged. */
  readonly onEvicted?: ((digests: readonly Digest[]) => Promise<void>) | undefined;
}

/** Content that is kept and open: eviction leaves it alone until it is disposed of. */
export interface OpenContent extends AsyncDisposable {
  readonly size: number;
  readonly file: FileHandle;
}

/** A file that is being written, and becomes content once it has proved right. */
export interface PartialFile {
  readonly path: string;
  readonly file: FileHandle;
}

interface Entry {
  readonly size: number;
  /** How many have it open. */
  users: number;
  /** When the file's own time of use was set last, in milliseconds. */
  notedAt: number;
}

/** The time of use on disk may lag so far behind, so that reading does not become writing. */
const NOTE_EVERY_MS = 60_000;

/**
 * Content by digest in a folder, up to a number of bytes: what was not used for longest goes first. Everything in it is
 * whole and was checked before it got its name. The order of use outlives the process in the files' times.
 *
 * ```text
 * blobs/sha256/ab/abcd…
 * partial/UUID            written now, or left by a process that died: removed at the next start
 * ```
 */
export class BlobCache {
  readonly #options: BlobCacheOptions;
  /** Least recently used first. */
  readonly #entries = new Map<Digest, Entry>();
  /** What must stay, whatever its age. */
  readonly #kept = new Set<Digest>();
  #bytes = 0;
  #evicted = 0;

  private constructor(options: BlobCacheOptions) {
    this.#options = options;
  }

  /** Opens the folder and finds out what is there. */
  static async open(options: BlobCacheOptions, kept: Iterable<Digest>): Promise<BlobCache> {
    const cache = new BlobCache(options);
    cache.keep(kept);
    await cache.#load();
    await cache.#evict();
    return cache;
  }

  /** Bytes that are kept. */
  get bytes(): number {
    return this.#bytes;
  }

  get maxBytes(): number {
    return this.#options.maxBytes;
  }

  /** How many pieces of content are kept. */
  get count(): number {
    return this.#entries.size;
  }

  /** How many pieces of content had to go since the start. */
  get evicted(): number {
    return this.#evicted;
  }

  /** Size of content that is here. */
  size(digest: Digest): number | undefined {
    return this.#entries.get(digest)?.size;
  }

  /** Opens content, which counts as a use; undefined if it is not here. The caller disposes of it. */
  async use(digest: Digest): Promise<OpenContent | undefined> {
    const entry = this.#entries.get(digest);
    if (!entry) return undefined;
    entry.users += 1; // before the first wait: from now on it stays
    this.#entries.delete(digest);
    this.#entries.set(digest, entry);
    try {
      const path = this.#pathOf(digest);
      const file = await open(path, "r");
      await this.#noteUse(path, entry);
      let isOpen = true;
      const close = async (): Promise<void> => {
        if (!isOpen) return;
        isOpen = false;
        entry.users -= 1;
        await file.close();
      };
      return { size: entry.size, file, [Symbol.asyncDispose]: close };
    } catch (error) {
      entry.users -= 1;
      if (systemCodeOf(error) !== "ENOENT") throw error;
      this.#forget(digest, entry); // somebody has cleaned up by hand
      return undefined;
    }
  }

  /** The whole of some small content; undefined if it is not here. */
  async read(digest: Digest): Promise<Buffer | undefined> {
    await using content = await this.use(digest);
    return await content?.file.readFile();
  }

  /** Begins a file. Whoever began it ends it with `publish` or `discard`. */
  async begin(): Promise<PartialFile> {
    const path = join(this.#options.folder, "partial", randomUUID());
    return await this.#onDisk(async () => ({ path, file: await open(path, "wx+", 0o600) }));
  }

  /** Makes a file that was checked the content of `digest`, durably, and makes room for it. */
  async publish(partial: PartialFile, digest: Digest, size: number): Promise<void> {
    const path = this.#pathOf(digest);
    await this.#onDisk(async () => {
      await partial.file.sync();
      await mkdir(dirname(path), { recursive: true, mode: 0o700 });
      await rename(partial.path, path);
    });
    const known = this.#entries.get(digest);
    this.#entries.delete(digest);
    // Whoever has it open goes on counting in the entry that he knows.
    this.#entries.set(digest, known ?? { size, users: 0, notedAt: Date.now() });
    if (!known) this.#bytes += size;
    await this.#evict(digest);
  }

  async discard(partial: PartialFile): Promise<void> {
    await partial.file.close().catch(() => undefined);
    await rm(partial.path, { force: true });
  }

  /** Keeps small content that was checked. */
  async put(digest: Digest, bytes: Uint8Array): Promise<void> {
    if (this.#entries.has(digest)) return;
    const partial = await this.begin();
    try {
      await this.#onDisk(() => partial.file.writeFile(bytes));
      await this.publish(partial, digest, bytes.length);
    } finally {
      await this.discard(partial);
    }
  }

  /** Lets content stay, whatever its age. */
  keep(digests: Iterable<Digest>): void {
    for (const digest of digests) this.#kept.add(digest);
  }

  /** Lets this content stay and no other. */
  keepOnly(digests: Iterable<Digest>): void {
    this.#kept.clear();
    this.keep(digests);
  }

  /** Fails with a problem where the disk is full. */
  async #onDisk<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw isFull(error) ? mirrorFull(this.#options.folder, error) : error;
    }
  }

  async #load(): Promise<void> {
    const { folder } = this.#options;
    await rm(join(folder, "partial"), { recursive: true, force: true });
    await mkdir(join(folder, "partial"), { recursive: true, mode: 0o700 });
    const found: { digest: Digest; size: number; usedAt: number }[] = [];
    for (const algorithm of ["sha256", "sha512"]) {
      const root = join(folder, "blobs", algorithm);
      await mkdir(root, { recursive: true, mode: 0o700 });
      for (const part of await readdir(root)) {
        for (const hex of await readdir(join(root, part))) {
          const digest = `${algorithm}:${hex}`;
          if (!isKeptDigest(digest)) continue;
          const { size, mtimeMs } = await stat(join(root, part, hex));
          found.push({ digest, size, usedAt: mtimeMs });
        }
      }
    }
    found.sort((one, other) => one.usedAt - other.usedAt);
    for (const { digest, size, usedAt } of found) {
      this.#entries.set(digest, { size, users: 0, notedAt: usedAt });
      this.#bytes += size;
    }
  }

  async #evict(except?: Digest): Promise<void> {
    const { maxBytes, logger, onEvicted } = this.#options;
    const gone: Digest[] = [];
    for (const [digest, entry] of this.#bytes > maxBytes ? [...this.#entries] : []) {
      if (this.#bytes <= maxBytes) break;
      if (entry.users > 0 || digest === except || this.#kept.has(digest)) continue;
      this.#forget(digest, entry);
      gone.push(digest);
      await unlink(this.#pathOf(digest)).catch((error: unknown) => {
        if (systemCodeOf(error) === "ENOENT") return;
        logger.warn("the mirror cannot remove content", { digest, error: messageOf(error) });
      });
    }
    if (gone.length === 0) return;
    this.#evicted += gone.length;
    await onEvicted?.(gone).catch((error: unknown) => {
      logger.warn("the mirror cannot forget content", { error: messageOf(error) });
    });
  }

  #forget(digest: Digest, entry: Entry): void {
    if (this.#entries.get(digest) !== entry) return;
    this.#entries.delete(digest);
    this.#bytes -= entry.size;
  }

  async #noteUse(path: string, entry: Entry): Promise<void> {
    const now = new Date();
    if (now.getTime() - entry.notedAt < NOTE_EVERY_MS) return;
    entry.notedAt = now.getTime();
    await utimes(path, now, now);
  }

  #pathOf(digest: Digest): string {
    const { algorithm, hex } = splitDigest(digest);
    return join(this.#options.folder, "blobs", algorithm, hex.slice(0, 2), hex);
  }
}

/** Whether something could not be written for want of room. */
export function isFull(error: unknown): boolean {
  return ["ENOSPC", "EDQUOT", "EFBIG"].includes(systemCodeOf(error) ?? "");
}
