import { randomUUID } from "node:crypto";
import { uploadBusy, uploadMissing } from "../problems.ts";
import type { Multipart } from "./multiparts.ts";
import type { ObjectInfo, Objects } from "./objects.ts";

/**
 * What the bucket knows of an upload beside its parts, so that any process can go on with it. It is an object of its own:
 * a mark that is new each time, so that no two versions have the same ETag, then the tail, which is the bytes that follow
 * the counted parts and are too few for one. The rest is metadata.
 *
 * It is only ever replaced if it is the version that one knows. Whoever takes an upload over replaces it, and whoever
 * acknowledges bytes replaces it, too: so of two only one can.
 */
export interface UploadRecord {
  /** The multipart upload that the parts belong to, if there are any. */
  readonly multipart: Multipart | undefined;
  /** Of each part, in bytes. */
  readonly partBytes: number;
  /** How many parts were acknowledged. There may be more of them. */
  readonly parts: number;
  readonly tail: Uint8Array;
}

/** A record without the tail itself, and which version it is. */
export interface KnownRecord extends Omit<UploadRecord, "tail"> {
  readonly tailBytes: number;
  readonly etag: string;
}

/** Where everything of an upload lies. */
export function uploadPrefix(id: string): string {
  return `uploads/${id}/`;
}

/** Where the parts of an upload are joined, unless its digest was told before. */
export function dataKey(id: string): string {
  return `${uploadPrefix(id)}data`;
}

function recordKey(id: string): string {
  return `${uploadPrefix(id)}record`;
}

/** The records in the bucket. */
export class UploadRecords {
  readonly #objects: Objects;

  constructor(objects: Objects) {
    this.#objects = objects;
  }

  /** Writes the first record; returns its version, or undefined if there is one already. */
  async create(id: string, record: UploadRecord, signal?: AbortSignal): Promise<string | undefined> {
    const options = { condition: "if-new", metadata: metadataOf(record), signal } as const;
    return await this.#objects.put(recordKey(id), bodyOf(record), options);
  }

  /** What is known, without the tail. */
  async look(id: string, signal?: AbortSignal): Promise<KnownRecord | undefined> {
    const found = await this.#objects.head(recordKey(id), signal);
    return found && recordOf(found);
  }

  async read(id: string, signal?: AbortSignal): Promise<(KnownRecord & UploadRecord) | undefined> {
    const found = await this.#objects.read(recordKey(id), undefined, signal);
    return found && { ...recordOf(found), tail: found.bytes.subarray(MARK_BYTES) };
  }

  /**
   * Replaces the version `etag`; returns the new one.
   *
   * @throws {Problem} `upload_busy`, `upload_missing` when it is no longer there
   */
  async replace(id: string, etag: string, record: UploadRecord, signal?: AbortSignal): Promise<string> {
    const options = { condition: { ifMatch: etag }, metadata: metadataOf(record), signal };
    const written = await this.#objects.put(recordKey(id), bodyOf(record), options);
    if (written !== undefined) return written;
    throw (await this.look(id, signal)) ? uploadBusy(id) : uploadMissing(id);
  }

  async remove(id: string, signal?: AbortSignal): Promise<void> {
    await this.#objects.delete(recordKey(id), signal);
  }
}

const MARK_BYTES = 36;

function bodyOf({ tail }: UploadRecord): Uint8Array {
  return Buffer.concat([Buffer.from(randomUUID()), tail]);
}

function metadataOf({ multipart, partBytes, parts }: UploadRecord): Record<string, string> {
  return {
    "part-bytes": `${partBytes}`,
    parts: `${parts}`,
    ...(multipart ? { "upload-id": multipart.uploadId, "upload-key": multipart.key } : {}),
  };
}

function recordOf({ size, etag, metadata }: ObjectInfo): KnownRecord {
  const { "upload-id": uploadId, "upload-key": key } = metadata;
  return {
    multipart: uploadId === undefined || key === undefined ? undefined : { uploadId, key },
    partBytes: Number(metadata["part-bytes"]),
    parts: Number(metadata["parts"]),
    tailBytes: size - MARK_BYTES,
    etag,
  };
}
