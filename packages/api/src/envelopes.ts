import { HttpSyntaxError } from "./http1-response.ts";

/** One message of a stream: connectrpc.com/docs/protocol, "Enveloped-Message". */
export interface Envelope {
  /** Whether it ends the stream, and holds what became of the call. */
  readonly isEnd: boolean;
  readonly data: Buffer;
}

const HEAD_BYTES = 5;
const COMPRESSED = 1;
const END = 2;

/** Puts a message into an envelope. */
export function toEnvelope(data: Buffer): Buffer {
  const head = Buffer.alloc(HEAD_BYTES);
  head.writeUInt32BE(data.length, 1);
  return Buffer.concat([head, data]);
}

/**
 * Takes messages out of their envelopes, in whatever pieces the bytes arrive.
 *
 * @throws {HttpSyntaxError} for a message of more than `maxBytes`, a compressed one, and a stream that ends within one
 */
export async function* readEnvelopes(
  pieces: AsyncIterable<Uint8Array>,
  maxBytes: number,
): AsyncGenerator<Envelope, void, undefined> {
  let received: Buffer = Buffer.alloc(0);
  for await (const piece of pieces) {
    received = received.length === 0 ? Buffer.from(piece) : Buffer.concat([received, piece]);
    while (received.length >= HEAD_BYTES) {
      const flags = received.readUInt8(0);
      const length = received.readUInt32BE(1);
      if (length > maxBytes) throw new HttpSyntaxError("a message of the stream is too large", 200);
      if (flags & COMPRESSED) throw new HttpSyntaxError("a message of the stream is compressed", 200);
      if (received.length < HEAD_BYTES + length) break;
      const data = received.subarray(HEAD_BYTES, HEAD_BYTES + length);
      received = received.subarray(HEAD_BYTES + length);
      yield { isEnd: (flags & END) !== 0, data };
    }
  }
  if (received.length > 0) throw new HttpSyntaxError("the stream ends within a message", 200);
}
