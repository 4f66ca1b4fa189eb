import { constants, type Dirent } from "node:fs";
import { type FileHandle, mkdir, open, readdir, realpath, rename, rm } from "node:fs/promises";
import { join, sep } from "node:path";
import { systemCodeOf } from "@opendepot/base";
import type { Info } from "../../gen/containerd/services/content/v1/content.ts";
import { GrpcCode, GrpcError } from "../../rpc/grpc-error.ts";
import type { Init } from "../../wire/message.ts";
import { cacheUnwritable } from "../problems.ts";
import { type BlobDigest, parseBlobDigest, readBlobDigest } from "./blob-digest.ts";
import { BlobWrite } from "./blob-write.ts";

/** Blobs that an engine may write at once into one folder. */
const MAX_WRITES = 256;

/** A blob that is open for reading; whoever opened it closes it. */
export interface OpenBlob {
  readonly handle: FileHandle;
  readonly size: number;
}

/**
 * The blobs of an OCI image layout on disk: `blobs/<algorithm>/<hex>`. Neither reading nor writing leaves the folder,
 * whatever links there are in it. containerd v2: plugins/content/local.
 */
export class ContentFolder {
  /** As it was given. */
  readonly path: string;
  readonly isWritable: boolean;
  readonly #writes = new Map<string, BlobWrite>();

  constructor(path: string, options: { readonly isWritable: boolean }) {
    this.path = path;
    this.isWritable = options.isWritable;
  }

  /** What is under way. */
  get writes(): ReadonlyMap<string, BlobWrite> {
    return this.#writes;
  }

  /** @throws {GrpcError} `notFound` */
  async info(digest: BlobDigest): Promise<Init<Info>> {
    const { handle } = await this.open(digest);
    try {
      const { size, mtimeMs } = await handle.stat();
      const time = { seconds: BigInt(Math.floor(mtimeMs / 1000)), nanos: Math.floor(mtimeMs % 1000) * 1_000_000 };
      return { digest: digest.text, size: BigInt(size), createdAt: time, updatedAt: time };
    } finally {
      await handle.close();
    }
  }

  /** @throws {GrpcError} `notFound`, also for a blob that is a link out of the folder */
  async open(digest: BlobDigest): Promise<OpenBlob> {
    const missing = new GrpcError(GrpcCode.notFound, `content ${digest.text}: not found`);
    try {
      const [root, path] = await Promise.all([realpath(this.path), realpath(this.#pathOf(digest))]);
      if (!path.startsWith(root + sep)) throw missing;
      const handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
      const stat = await handle.stat();
      if (stat.isFile()) return { handle, size: stat.size };
      await handle.close();
      throw missing;
    } catch (error) {
      if (["ENOENT", "ENOTDIR", "ELOOP"].includes(systemCodeOf(error) ?? "")) throw missing;
      throw error;
    }
  }

  /**
   * Reads a blob whole, as manifests and attestations are small enough for.
   *
   * @throws {GrpcError} `notFound`, `invalidArgument` for what is no digest
   */
  async read(digest: string): Promise<Uint8Array> {
    const { handle } = await this.open(parseBlobDigest(digest));
    try {
      return await handle.readFile();
    } finally {
      await handle.close();
    }
  }

  async has(digest: BlobDigest): Promise<boolean> {
    try {
      const { handle } = await this.open(digest);
      await handle.close();
      return true;
    } catch (error) {
      if (error instanceof GrpcError) return false;
      throw error;
    }
  }

  /** The digests of all blobs. */
  async *list(): AsyncGenerator<BlobDigest> {
    for (const folder of await entriesOf(join(this.path, "blobs"))) {
      for (const { name } of folder.isDirectory() ? await entriesOf(join(this.path, "blobs", folder.name)) : []) {
        const digest = readBlobDigest(`${folder.name}:${name}`);
        if (digest) yield digest;
      }
    }
  }

  /**
   * Begins a write that nothing else of the same name is under way with. The caller commits or discards it.
   *
   * @throws {GrpcError} `unavailable` while the name is in use, `permissionDenied`
   * @throws {Problem} `cache_unwritable`
   */
  async beginWrite(ref: string): Promise<BlobWrite> {
    if (!this.isWritable) throw new GrpcError(GrpcCode.permissionDenied, `${this.path} is open for reading only`);
    if (this.#writes.has(ref)) throw new GrpcError(GrpcCode.unavailable, `ref ${ref} locked: unavailable`);
    if (this.#writes.size >= MAX_WRITES) throw new GrpcError(GrpcCode.unavailable, "too many writes: unavailable");
    const write = new BlobWrite(ref, () => this.#writes.delete(ref));
    this.#writes.set(ref, write);
    try {
      await write.open(await this.#folder("ingest"));
      return write;
    } catch (error) {
      await write.discard();
      throw cacheUnwritable(this.path, error);
    }
  }

  /**
   * Gives a whole blob its name.
   *
   * @throws {Problem} `cache_unwritable`
   */
  async place(temporary: string, digest: BlobDigest): Promise<void> {
    try {
      await rename(temporary, join(await this.#folder("blobs", digest.algorithm), digest.hex));
    } catch (error) {
      throw cacheUnwritable(this.path, error);
    }
  }

  /** Removes a blob, for whoever owns the folder; engines cannot. Does nothing when it is not there. */
  async remove(digest: BlobDigest): Promise<void> {
    try {
      await rm(this.#pathOf(digest), { force: true });
    } catch (error) {
      throw cacheUnwritable(this.path, error);
    }
  }

  #pathOf({ algorithm, hex }: BlobDigest): string {
    return join(this.path, "blobs", algorithm, hex);
  }

  /** A folder inside, made when missing, that is certain to be inside. */
  async #folder(...names: readonly string[]): Promise<string> {
    await mkdir(this.path, { recursive: true });
    const root = await realpath(this.path);
    let folder = root;
    for (const name of names) {
      folder = join(folder, name);
      await mkdir(folder).catch(ignoreExisting);
      if ((await realpath(folder)) !== folder) throw new Error(`${name} is a symbolic link`);
    }
    return folder;
  }
}

async function entriesOf(path: string): Promise<Dirent[]> {
  try {
    return await readdir(path, { withFileTypes: true });
  } catch (error) {
    if (systemCodeOf(error) === "ENOENT") return [];
    throw error;
  }
}

function ignoreExisting(error: unknown): void {
  if (systemCodeOf(error) !== "EEXIST") throw error;
}
