import { Duplex } from "node:stream";
import { BytesMessage } from "../gen/moby/buildkit/v1/control.ts";
import type { RawCall } from "../rpc/channel.ts";
import { FRAME_HEADER_BYTES } from "../rpc/frames.ts";
import { decode } from "../wire/codec.ts";

/** Bytes that go into one message; BuildKit takes 16 MiB. */
const MAX_MESSAGE_BYTES = 1024 * 1024;

/** The tag of `BytesMessage.data`. */
const DATA_TAG = 0x0a;

/**
 * A byte stream inside a call of `BytesMessage`s, whose boundaries carry no meaning. What is written is sent without
 * being copied. Ending half-closes the call, destroying resets it; a failed call destroys the stream with its error.
 */
export function openTunnel(call: RawCall): Duplex {
  return new Tunnel(call);
}

class Tunnel extends Duplex {
  readonly #call: RawCall;
  #resume: (() => void) | undefined;

  constructor(call: RawCall) {
    super({ decodeStrings: true });
    this.#call = call;
    this.#pump().catch((error: Error) => this.destroy(error));
  }

  async #pump(): Promise<void> {
    for await (const message of this.#call.messages) {
      const { data } = decode(BytesMessage, message);
      if (data.length > 0 && !this.push(data)) await this.#wanted();
      if (this.destroyed) return;
    }
    this.push(null);
  }

  #wanted(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#resume = resolve;
    return promise;
  }

  override _read(): void {
    this.#resume?.();
    this.#resume = undefined;
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#send([chunk], done);
  }

  override _writev(writes: ReadonlyArray<{ chunk: Buffer }>, done: (error?: Error | null) => void): void {
    this.#send(
      writes.map(({ chunk }) => chunk),
      done,
    );
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#call.end();
    done();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#call.cancel(error ?? undefined);
    this._read();
    done(error);
  }

  #send(chunks: readonly Buffer[], done: (error?: Error | null) => void): void {
    this.#call.sendFramed(frameChunks(chunks)).then(() => done(), done);
  }
}

/** Puts the chunks, uncopied, behind the headers of as few messages as the limit allows. */
function frameChunks(chunks: readonly Buffer[]): Buffer[] {
  const frames: Buffer[] = [];
  let group: Buffer[] = [];
  let groupBytes = 0;
  const flush = (): void => {
    if (groupBytes > 0) frames.push(messageHeader(groupBytes), ...group);
    group = [];
    groupBytes = 0;
  };
  for (const chunk of chunks) {
    for (let at = 0; at < chunk.length; at += MAX_MESSAGE_BYTES) {
      const piece = chunk.subarray(at, at + MAX_MESSAGE_BYTES);
      if (groupBytes + piece.length > MAX_MESSAGE_BYTES) flush();
      group.push(piece);
      groupBytes += piece.length;
    }
  }
  flush();
  return frames;
}

/** The gRPC header and the protobuf header of a `BytesMessage` with `dataBytes` bytes of data. */
function messageHeader(dataBytes: number): Buffer {
  const header = Buffer.allocUnsafe(FRAME_HEADER_BYTES + 6);
  let at = FRAME_HEADER_BYTES;
  header[at++] = DATA_TAG;
  let rest = dataBytes;
  while (rest > 0x7f) {
    header[at++] = (rest & 0x7f) | 0x80;
    rest >>>= 7;
  }
  header[at++] = rest;
  header[0] = 0;
  header.writeUInt32BE(at - FRAME_HEADER_BYTES + dataBytes, 1);
  return header.subarray(0, at);
}
