import { createHash, type Hash, randomBytes } from "node:crypto";
import { type FileHandle, open, unlink } from "node:fs/promises";
import { join } from "node:path";
import { GrpcCode, GrpcError } from "../../rpc/grpc-error.ts";
import type { BlobDigest } from "./blob-digest.ts";

/** One blob that is being written: into a file of its own until it is whole. */
export class BlobWrite {
  readonly ref: string;
  readonly startedAt: Date = new Date();
  updatedAt: Date = this.startedAt;
  /** What the engine said it will be; 0 when it did not say. */
  total = 0n;
  /** What the engine said its digest will be; empty when it did not say. */
  expected = "";
  /** Bytes that it may have. */
  limit: bigint | undefined;
  readonly #onEnd: () => void;
  #file: { readonly handle: FileHandle; readonly path: string } | undefined;
  #hash: Hash = createHash("sha256");
  #algorithm = "sha256";
  #offset = 0n;

  /** @package Made by `ContentFolder` only; `onEnd` is called once it is committed or discarded. */
  constructor(ref: string, onEnd: () => void) {
    this.ref = ref;
    this.#onEnd = onEnd;
  }

  get offset(): bigint {
    return this.#offset;
  }

  /** Of the bytes so far. */
  get digest(): string {
    return `${this.#algorithm}:${this.#hash.copy().digest("hex")}`;
  }

  /** @package */
  async open(folder: string): Promise<void> {
    const path = join(folder, `${randomBytes(12).toString("hex")}.tmp`);
    this.#file = { path, handle: await open(path, "wx", 0o644) };
  }

  /** Another algorithm than SHA-256 has to be known before the first byte. */
  useAlgorithm(algorithm: string): void {
    if (this.#offset > 0n || algorithm === this.#algorithm) return;
    this.#algorithm = algorithm;
    this.#hash = createHash(algorithm);
  }

  /** @throws {GrpcError} `resourceExhausted` */
  async append(data: Uint8Array): Promise<void> {
    const { handle } = this.#opened();
    if (this.limit !== undefined && this.#offset + BigInt(data.length) > this.limit) {
      throw new GrpcError(GrpcCode.resourceExhausted, `write ${this.ref} has more than ${this.limit} bytes`);
    }
    for (let at = 0; at < data.length; ) {
      const { bytesWritten } = await handle.write(data, at, data.length - at, Number(this.#offset) + at);
      at += bytesWritten;
    }
    this.#hash.update(data);
    this.#offset += BigInt(data.length);
    this.updatedAt = new Date();
  }

  /** Forgets all bytes. */
  async restart(): Promise<void> {
    const { handle } = this.#opened();
    await handle.truncate(0);
    this.#hash = createHash(this.#algorithm);
    this.#offset = 0n;
  }

  /**
   * Ends the write: `place` gets the path of the whole file, once it is what it should be.
   *
   * @throws {GrpcError} `failedPrecondition` when it has another size or digest than was said
   */
  async commit(expected: BlobDigest, place: (path: string) => Promise<void>): Promise<void> {
    const { handle, path } = this.#opened();
    if (this.total > 0n && this.total !== this.#offset) {
      throw precondition(`unexpected commit size ${this.#offset}, expected ${this.total}`);
    }
    if (this.digest !== expected.text)
      throw precondition(`unexpected commit digest ${this.digest}, expected ${expected.text}`);
    await handle.chmod(0o444);
    await handle.close();
    await place(path);
    this.#file = undefined;
    this.#onEnd();
  }

  /** Removes what was written. Does nothing after a commit. */
  async discard(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    this.#onEnd();
    if (!file) return;
    await file.handle.close().catch(() => undefined); // closed already by a commit that failed
    await unlink(file.path).catch(() => undefined);
  }

  #opened(): { readonly handle: FileHandle; readonly path: string } {
    if (!this.#file) throw new GrpcError(GrpcCode.aborted, `write ${this.ref} was aborted`);
    return this.#file;
  }
}

function precondition(message: string): GrpcError {
  return new GrpcError(GrpcCode.failedPrecondition, message);
}
