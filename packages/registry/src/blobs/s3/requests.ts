import type { S3Client } from "@aws-sdk/client-s3";
import { withTimeout } from "@opendepot/base";
import { storeUnreachable } from "../problems.ts";
import { translate } from "./errors.ts";

/** Limits for one request with all its repetitions, in milliseconds. */
export const LIMITS: { readonly small: number; readonly part: number; readonly serverSide: number } = {
  small: 30_000,
  part: 60_000,
  /** What the server does by itself with a large object. */
  serverSide: 10 * 60_000,
};

type Send<T> = (client: S3Client, options: { readonly abortSignal: AbortSignal }) => Promise<T>;

/** Makes requests to one bucket, each with a limit; keys are without the store's prefix. */
export class Requests {
  readonly #client: S3Client;
  readonly #bucket: string;
  readonly #prefix: string;

  constructor(client: S3Client, where: { readonly bucket: string; readonly prefix: string }) {
    this.#client = client;
    this.#bucket = where.bucket;
    this.#prefix = where.prefix;
  }

  /** For messages. */
  get place(): string {
    return `s3://${this.#bucket}/${this.#prefix}`;
  }

  /** Makes a request. All that goes wrong is a problem, except the signal's own reason. */
  async send<T>(limitMs: number, signal: AbortSignal | undefined, send: Send<T>): Promise<T> {
    try {
      return await this.#limited(limitMs, signal, send);
    } catch (error) {
      signal?.throwIfAborted();
      throw translate(this.place, error);
    }
  }

  /** The same, but undefined where `isExpected` knows the error. */
  async sendIf<T>(
    limitMs: number,
    signal: AbortSignal | undefined,
    { send, isExpected }: { readonly send: Send<T>; readonly isExpected: (error: unknown) => boolean },
  ): Promise<T | undefined> {
    try {
      return await this.#limited(limitMs, signal, send);
    } catch (error) {
      signal?.throwIfAborted();
      if (isExpected(error)) return undefined;
      throw translate(this.place, error);
    }
  }

  /** An object, for a command. */
  at(key: string): { Bucket: string; Key: string } {
    return { Bucket: this.#bucket, Key: this.#prefix + key };
  }

  /** All objects that begin so, for a command. */
  below(prefix: string): { Bucket: string; Prefix: string } {
    return { Bucket: this.#bucket, Prefix: this.#prefix + prefix };
  }

  /** An object that is copied from, for a command. */
  source(key: string): string {
    return `${this.#bucket}/${this.#prefix}${key}`.split("/").map(encodeURIComponent).join("/");
  }

  /** A key as the store knows it; undefined for one of somebody else. */
  keyOf(fullKey: string | undefined): string | undefined {
    return fullKey?.startsWith(this.#prefix) ? fullKey.slice(this.#prefix.length) : undefined;
  }

  async #limited<T>(limitMs: number, signal: AbortSignal | undefined, send: Send<T>): Promise<T> {
    const makeReason = (): Error => storeUnreachable(this.place, new Error(`no answer within ${limitMs / 1000} s`));
    return await withTimeout(limitMs, makeReason, (abortSignal) => send(this.#client, { abortSignal }), signal);
  }
}
