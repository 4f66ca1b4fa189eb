import { createHash, type Hash } from "node:crypto";
import type { Algorithm } from "../names.ts";
import { uploadMissing, uploadTooLarge } from "../problems.ts";
import type { Slots } from "../slots.ts";
import { MAX_PARTS, type Multipart, type Multiparts } from "./multiparts.ts";
import type { Objects } from "./objects.ts";
import { PartBuffer } from "./part-buffer.ts";
import type { UploadRecord, UploadRecords } from "./upload-record.ts";

/** How many parts of one upload are on their way at once. */
const PARTS_AT_ONCE = 3;
/** After so long a running append tells the bucket that it lives. */
const CHECKPOINT_MS = 5 * 60_000;

/** What uploads need of the store. */
export interface UploadDeps {
  readonly objects: Objects;
  readonly multiparts: Multiparts;
  readonly records: UploadRecords;
  /** For parts on their way, of all uploads together. */
  readonly slots: Slots;
}

/** What is known of an upload when it is opened. */
export interface UploadStart {
  readonly id: string;
  /** The version of its record, written by us. */
  readonly etag: string;
  readonly record: UploadRecord;
  /** Of all whole parts. */
  readonly etags: readonly string[];
}

/** An upload that this process has taken: nobody else acknowledges bytes of it. */
export class S3Upload {
  readonly id: string;
  readonly partBytes: number;
  readonly #deps: UploadDeps;
  readonly #etags: string[];
  #etag: string;
  #multipart: Multipart | undefined;
  #tail: Uint8Array;
  /** Of all bytes; undefined where there are parts that another process has sent. */
  #hash: { readonly algorithm: Algorithm; readonly hash: Hash } | undefined;
  #writtenAt = performance.now();

  constructor(deps: UploadDeps, { id, etag, record, etags }: UploadStart) {
    this.id = id;
    this.partBytes = record.partBytes;
    this.#deps = deps;
    this.#etag = etag;
    this.#multipart = record.multipart;
    this.#etags = [...etags];
    this.#tail = record.tail;
    this.hashWith("sha256");
  }

  /** Bytes that are kept. */
  get size(): number {
    return this.#etags.length * this.partBytes + this.#tail.length;
  }

  /** The version of the record that we wrote. */
  get etag(): string {
    return this.#etag;
  }

  /** Where its parts go; undefined while there are none. */
  get multipart(): Multipart | undefined {
    return this.#multipart;
  }

  /** The bytes after the last whole part. Without parts: all of them. */
  get tail(): Uint8Array {
    return this.#tail;
  }

  /** Chooses what is hashed with from here on; too late once there are parts. Tells whether it was in time. */
  hashWith(algorithm: Algorithm): boolean {
    if (this.#multipart === undefined) this.#hash = { algorithm, hash: createHash(algorithm).update(this.#tail) };
    return this.#hash?.algorithm === algorithm;
  }

  /** The digest by that algorithm; undefined where the bytes have to be read again for it. */
  digest(algorithm: Algorithm): string | undefined {
    if (this.#multipart === undefined) return `${algorithm}:${createHash(algorithm).update(this.#tail).digest("hex")}`;
    if (this.#hash?.algorithm !== algorithm) return undefined;
    return `${algorithm}:${this.#hash.hash.copy().digest("hex")}`;
  }

  /**
   * Appends. Whoever sees this fail must forget the upload: the bucket knows then what was kept.
   *
   * @param key where the parts are joined, if this is the first of them
   */
  async append(pieces: AsyncIterable<Uint8Array>, key: string): Promise<void> {
    const sending = new PartsOnTheirWay();
    try {
      let part = new PartBuffer(this.partBytes, this.#tail);
      for await (const piece of pieces) {
        this.#hash?.hash.update(piece);
        let rest = piece;
        while (rest.length > 0) {
          rest = part.add(rest);
          if (!part.isFull) continue;
          await this.#send(part.bytes(), key, sending);
          part = new PartBuffer(this.partBytes);
        }
      }
      await sending.all();
      await this.#write(part.bytes());
    } finally {
      await sending.settled();
    }
  }

  /** Joins all bytes to the object of the multipart upload. What is lost of a race is told as a problem. */
  async join(signal: AbortSignal): Promise<"done" | "changed"> {
    const multipart = this.#multipart;
    if (multipart === undefined) throw new Error(`upload ${this.id} has no parts to join`);
    const size = this.size;
    const etags = [...this.#etags];
    if (this.#tail.length > 0) {
      const etag = await this.#deps.multiparts.put(multipart, etags.length + 1, this.#tail);
      if (etag === undefined) throw uploadMissing(this.id);
      etags.push(etag);
    }
    const completion = await this.#deps.multiparts.complete(multipart, etags, signal);
    if (completion !== "gone") return completion;
    // Done already, where only the answer was lost.
    const joined = await this.#deps.objects.head(multipart.key, signal);
    if (joined?.size !== size) throw uploadMissing(this.id);
    return "done";
  }

  async #send(bytes: Buffer, key: string, sending: PartsOnTheirWay): Promise<void> {
    const index = this.#etags.length;
    if (index >= MAX_PARTS - 1) throw uploadTooLarge(this.id, this.partBytes * MAX_PARTS);
    const multipart = this.#multipart ?? (await this.#begin(key));
    if (performance.now() - this.#writtenAt > CHECKPOINT_MS) {
      await sending.all();
      await this.#write(new Uint8Array());
    }
    this.#etags.push("");
    await sending.add(async () => {
      const etag = await this.#deps.slots.run(() => this.#deps.multiparts.put(multipart, index + 1, bytes));
      if (etag === undefined) throw uploadMissing(this.id);
      this.#etags[index] = etag;
    });
  }

  /** The record tells of the multipart upload before the first part is sent. */
  async #begin(key: string): Promise<Multipart> {
    const multipart = await this.#deps.multiparts.create(key);
    try {
      await this.#write(this.#tail, multipart);
      this.#multipart = multipart;
    } catch (error) {
      await this.#deps.multiparts.abort(multipart).catch(() => undefined); // the first error says more
      throw error;
    }
    return multipart;
  }

  async #write(tail: Uint8Array, multipart = this.#multipart): Promise<void> {
    const record = { multipart, partBytes: this.partBytes, parts: this.#etags.length, tail };
    this.#etag = await this.#deps.records.replace(this.id, this.#etag, record);
    this.#tail = tail;
    this.#writtenAt = performance.now();
  }
}

/** Parts that are being sent; the next one waits while there are too many. */
class PartsOnTheirWay {
  readonly #sending = new Set<Promise<void>>();
  #failure: { readonly error: unknown } | undefined;

  async add(send: () => Promise<void>): Promise<void> {
    const sent = send()
      .catch((error: unknown) => {
        this.#failure ??= { error };
      })
      .finally(() => this.#sending.delete(sent));
    this.#sending.add(sent);
    while (this.#sending.size >= PARTS_AT_ONCE) await Promise.race(this.#sending);
    this.#throwFailure();
  }

  /** Waits until all have arrived. */
  async all(): Promise<void> {
    await this.settled();
    this.#throwFailure();
  }

  /** Waits until none is on its way, whatever became of it. */
  async settled(): Promise<void> {
    await Promise.all(this.#sending);
  }

  #throwFailure(): void {
    if (this.#failure) throw this.#failure.error;
  }
}
