import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  ListMultipartUploadsCommand,
  type ListMultipartUploadsCommandInput,
  type ListMultipartUploadsCommandOutput,
  ListPartsCommand,
  UploadPartCommand,
  UploadPartCopyCommand,
} from "@aws-sdk/client-s3";
import type { ByteRange } from "../blob-store.ts";
import { isPartChanged, isUploadGone } from "./errors.ts";
import { LIMITS, type Requests } from "./requests.ts";

/** What S3 takes as the number of a part. */
export const MAX_PARTS = 10_000;

/** A multipart upload: an object that comes to be from parts. */
export interface Multipart {
  readonly key: string;
  readonly uploadId: string;
}

/** A part that the server has. */
export interface Part {
  readonly number: number;
  readonly size: number;
  readonly etag: string;
}

/** Multipart uploads of the bucket. One that was completed or aborted has gone: `undefined`. */
export class Multiparts {
  readonly #requests: Requests;

  constructor(requests: Requests) {
    this.#requests = requests;
  }

  async create(key: string, signal?: AbortSignal): Promise<Multipart> {
    const input = { ...this.#requests.at(key), ContentType: "application/octet-stream" };
    const { UploadId = "" } = await this.#requests.send(LIMITS.small, signal, (client, options) =>
      client.send(new CreateMultipartUploadCommand(input), options),
    );
    return { key, uploadId: UploadId };
  }

  /** Sends a part; returns its ETag. */
  async put(multipart: Multipart, number: number, body: Uint8Array): Promise<string | undefined> {
    const input = { ...this.#at(multipart), PartNumber: number, Body: body };
    const answer = await this.#requests.sendIf(LIMITS.part, undefined, {
      send: (client, options) => client.send(new UploadPartCommand(input), options),
      isExpected: isUploadGone,
    });
    return answer && (answer.ETag ?? "");
  }

  /** Makes a part of what another object has, on the server; returns its ETag. */
  async copy(
    multipart: Multipart,
    number: number,
    from: ByteRange & { readonly key: string },
    signal?: AbortSignal,
  ): Promise<string> {
    const input = {
      ...this.#at(multipart),
      PartNumber: number,
      CopySource: this.#requests.source(from.key),
      CopySourceRange: `bytes=${from.start}-${from.end - 1}`,
    };
    const answer = await this.#requests.send(LIMITS.serverSide, signal, (client, options) =>
      client.send(new UploadPartCopyCommand(input), options),
    );
    return answer.CopyPartResult?.ETag ?? "";
  }

  /** The parts that are there, in order. */
  async parts(multipart: Multipart, signal?: AbortSignal): Promise<readonly Part[] | undefined> {
    const parts: Part[] = [];
    let marker: string | undefined;
    do {
      const input = { ...this.#at(multipart), PartNumberMarker: marker };
      const page = await this.#requests.sendIf(LIMITS.small, signal, {
        send: (client, options) => client.send(new ListPartsCommand(input), options),
        isExpected: isUploadGone,
      });
      if (page === undefined) return undefined;
      for (const { PartNumber = 0, Size = 0, ETag = "" } of page.Parts ?? []) {
        parts.push({ number: PartNumber, size: Size, etag: ETag });
      }
      marker = page.IsTruncated ? page.NextPartNumberMarker : undefined;
    } while (marker !== undefined);
    return parts.sort((one, other) => one.number - other.number);
  }

  /** Joins parts to an object. `changed` when a part is no longer the one with that ETag. */
  async complete(multipart: Multipart, etags: readonly string[], signal?: AbortSignal): Promise<Completion> {
    const Parts = etags.map((ETag, index) => ({ ETag, PartNumber: index + 1 }));
    const input = { ...this.#at(multipart), MultipartUpload: { Parts } };
    let refusal: Completion = "gone";
    const answer = await this.#requests.sendIf(LIMITS.serverSide, signal, {
      send: (client, options) => client.send(new CompleteMultipartUploadCommand(input), options),
      isExpected: (error) => {
        if (isPartChanged(error)) refusal = "changed";
        return isPartChanged(error) || isUploadGone(error);
      },
    });
    return answer ? "done" : refusal;
  }

  async abort(multipart: Multipart, signal?: AbortSignal): Promise<void> {
    await this.#requests.sendIf(LIMITS.small, signal, {
      send: (client, options) => client.send(new AbortMultipartUploadCommand(this.#at(multipart)), options),
      isExpected: isUploadGone,
    });
  }

  /** All that were begun for keys with that prefix. */
  async *list(prefix: string, signal?: AbortSignal): AsyncGenerator<ListedMultipart, void, undefined> {
    let input: ListMultipartUploadsCommandInput | undefined = this.#requests.below(prefix);
    while (input !== undefined) {
      const command = new ListMultipartUploadsCommand(input);
      const page: ListMultipartUploadsCommandOutput = await this.#requests.send(
        LIMITS.small,
        signal,
        (client, options) => client.send(command, options),
      );
      for (const { Key, UploadId = "", Initiated = new Date(0) } of page.Uploads ?? []) {
        const key = this.#requests.keyOf(Key);
        // Not every server heeds the prefix.
        if (key?.startsWith(prefix)) yield { key, uploadId: UploadId, modifiedAt: Initiated };
      }
      const next = { KeyMarker: page.NextKeyMarker, UploadIdMarker: page.NextUploadIdMarker };
      input = page.IsTruncated ? { ...input, ...next } : undefined;
    }
  }

  #at({ key, uploadId }: Multipart): { Bucket: string; Key: string; UploadId: string } {
    return { ...this.#requests.at(key), UploadId: uploadId };
  }
}

/** What became of the wish to complete. */
export type Completion = "done" | "gone" | "changed";

/** A multipart upload with the time at which it was begun. */
export interface ListedMultipart extends Multipart {
  readonly modifiedAt: Date;
}
