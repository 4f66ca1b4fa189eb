import type { Writable } from "node:stream";
import { frameHeader, frameMessage } from "./frames.ts";

/** Messages up to this size are copied behind their header; one write costs more than that copy. */
const COPY_UP_TO_BYTES = 16 * 1024;

/** Bytes that may wait in one stream before senders have to. */
const HIGH_WATER_BYTES = 1024 * 1024;

/**
 * Writes gRPC frames to a stream and holds senders back while too many bytes wait to leave.
 *
 * Any number of senders may write at once: each is woken when there is room again, and all of them when the stream dies.
 */
export class MessageWriter {
  readonly #stream: Writable;
  readonly #failure: () => Error;
  #pendingBytes = 0;
  #waiting: PromiseWithResolvers<void> | undefined;

  /** @param failure what senders get once the stream is destroyed */
  constructor(stream: Writable, failure: () => Error) {
    this.#stream = stream;
    this.#failure = failure;
    stream.once("close", () => this.#wake());
  }

  /** Bytes handed in that have not left yet. */
  get pendingBytes(): number {
    return this.#pendingBytes;
  }

  /** Frames one message. */
  send(message: Uint8Array): Promise<void> {
    if (message.length <= COPY_UP_TO_BYTES) return this.sendFramed([frameMessage(message)]);
    return this.sendFramed([frameHeader(message.length), message]);
  }

  /** Sends whole frames as they are; their bytes must not change until they have left. */
  sendFramed(frames: readonly Uint8Array[]): Promise<void> {
    if (!this.#isOpen()) return Promise.reject(this.#failure());
    this.#stream.cork();
    for (const frame of frames) this.#write(frame);
    this.#stream.uncork();
    return this.#room();
  }

  #write(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.#pendingBytes += bytes.length;
    this.#stream.write(bytes, () => {
      this.#pendingBytes -= bytes.length;
      if (this.#pendingBytes <= HIGH_WATER_BYTES / 2) this.#wake();
    });
  }

  async #room(): Promise<void> {
    while (this.#pendingBytes > HIGH_WATER_BYTES) {
      this.#waiting ??= Promise.withResolvers();
      await this.#waiting.promise;
      // A dying stream gives up what waits in it, which looks like room.
      if (this.#stream.destroyed) throw this.#failure();
    }
  }

  #wake(): void {
    this.#waiting?.resolve();
    this.#waiting = undefined;
  }

  #isOpen(): boolean {
    return !this.#stream.destroyed && !this.#stream.writableEnded;
  }
}
