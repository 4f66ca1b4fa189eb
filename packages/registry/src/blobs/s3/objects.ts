import type { Readable } from "node:stream";
import {
  CopyObjectCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
} from "@aws-sdk/client-s3";
import { onAbort } from "@opendepot/base";
import type { ByteRange } from "../blob-store.ts";
import { isConditionFailed, isMissing, isRangeBehind } from "./errors.ts";
import { LIMITS, type Requests } from "./requests.ts";

/** What is known of an object without reading it. */
export interface ObjectInfo {
  readonly size: number;
  readonly etag: string;
  /** What was kept with it when it was written. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** An object in a listing. */
export interface ListedObject {
  readonly key: string;
  readonly size: number;
  readonly modifiedAt: Date;
}

/** When an object may be written: if it is that version, or if there is none. */
export type PutCondition = { readonly ifMatch: string } | "if-new";

/** Objects of the bucket. What is missing is `undefined`. */
export class Objects {
  readonly #requests: Requests;

  constructor(requests: Requests) {
    this.#requests = requests;
  }

  /** Throws unless the bucket is there and lets us in. */
  async checkBucket(signal?: AbortSignal): Promise<void> {
    const { Bucket } = this.#requests.at("");
    await this.#requests.send(LIMITS.small, signal, (client, options) =>
      client.send(new HeadBucketCommand({ Bucket }), options),
    );
  }

  async head(key: string, signal?: AbortSignal): Promise<ObjectInfo | undefined> {
    const found = await this.#requests.sendIf(LIMITS.small, signal, {
      send: (client, options) => client.send(new HeadObjectCommand(this.#requests.at(key)), options),
      isExpected: isMissing,
    });
    return found && { size: found.ContentLength ?? 0, etag: found.ETag ?? "", metadata: found.Metadata ?? {} };
  }

  /**
   * Opens an object, or a part of it. Undefined, too, when the part begins behind the end. The caller destroys the
   * stream; `signal` does so, too.
   */
  async open(key: string, range?: ByteRange, signal?: AbortSignal): Promise<Readable | undefined> {
    const input = { ...this.#requests.at(key), ...(range ? { Range: `bytes=${range.start}-${range.end - 1}` } : {}) };
    const found = await this.#requests.sendIf(LIMITS.small, signal, {
      send: (client, options) => client.send(new GetObjectCommand(input), options),
      isExpected: (error) => isMissing(error) || isRangeBehind(error),
    });
    return found && destroyedBy(signal, found.Body as Readable); // in Node.js it always is one
  }

  /** The whole of a small object, or of a part of an object. */
  async read(key: string, range?: ByteRange, signal?: AbortSignal): Promise<ReadObject | undefined> {
    const input = { ...this.#requests.at(key), ...(range ? { Range: `bytes=${range.start}-${range.end - 1}` } : {}) };
    return await this.#requests.sendIf(LIMITS.part, signal, {
      send: async (client, options) => {
        const { Body, ETag = "", Metadata = {} } = await client.send(new GetObjectCommand(input), options);
        const bytes = (await Body?.transformToByteArray()) ?? new Uint8Array();
        return { bytes, size: bytes.length, etag: ETag, metadata: Metadata };
      },
      isExpected: isMissing,
    });
  }

  /** Writes an object; returns its ETag, or undefined when the condition does not hold. */
  async put(key: string, body: Uint8Array, options: PutOptions = {}): Promise<string | undefined> {
    const { condition, metadata, signal } = options;
    const input = {
      ...this.#requests.at(key),
      Body: body,
      ContentType: "application/octet-stream",
      ...when(condition),
      ...(metadata ? { Metadata: metadata } : {}),
    };
    const answer = await this.#requests.sendIf(LIMITS.part, signal, {
      send: (client, sending) => client.send(new PutObjectCommand(input), sending),
      isExpected: (error) => condition !== undefined && (isConditionFailed(error) || isMissing(error)),
    });
    return answer && (answer.ETag ?? "");
  }

  async delete(key: string, signal?: AbortSignal): Promise<void> {
    await this.#requests.sendIf(LIMITS.small, signal, {
      send: (client, options) => client.send(new DeleteObjectCommand(this.#requests.at(key)), options),
      isExpected: isMissing,
    });
  }

  /** All objects that begin with `prefix`, in the order of their keys. */
  async *list(prefix: string, signal?: AbortSignal): AsyncGenerator<ListedObject, void, undefined> {
    let token: string | undefined;
    do {
      const input = { ...this.#requests.below(prefix), ContinuationToken: token };
      const page = await this.#requests.send(LIMITS.small, signal, (client, options) =>
        client.send(new ListObjectsV2Command(input), options),
      );
      for (const { Key, Size = 0, LastModified = new Date(0) } of page.Contents ?? []) {
        const key = this.#requests.keyOf(Key);
        if (key !== undefined) yield { key, size: Size, modifiedAt: LastModified };
      }
      token = page.IsTruncated ? page.NextContinuationToken : undefined;
    } while (token !== undefined);
  }

  /** Copies an object on the server: at most 5 GiB at once. */
  async copy(from: string, to: string, signal?: AbortSignal): Promise<void> {
    const input = { ...this.#requests.at(to), CopySource: this.#requests.source(from) };
    await this.#requests.send(LIMITS.serverSide, signal, (client, options) =>
      client.send(new CopyObjectCommand(input), options),
    );
  }
}

/** How an object is written. */
export interface PutOptions {
  /** Default: in any case. */
  readonly condition?: PutCondition | undefined;
  /** Short texts that are kept with it. */
  readonly metadata?: Record<string, string> | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What was read, and of which version of the object. */
export interface ReadObject extends ObjectInfo {
  readonly bytes: Uint8Array;
}

function when(condition: PutCondition | undefined): { IfMatch?: string; IfNoneMatch?: string } {
  if (condition === undefined) return {};
  return condition === "if-new" ? { IfNoneMatch: "*" } : { IfMatch: condition.ifMatch };
}

function destroyedBy(signal: AbortSignal | undefined, stream: Readable): Readable {
  const aborting = onAbort(signal, (reason) => stream.destroy(reason as Error));
  stream.once("close", () => aborting[Symbol.dispose]());
  return stream;
}
