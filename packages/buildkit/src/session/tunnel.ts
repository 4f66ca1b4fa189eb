import { BytesMessage } from "../gen/moby/buildkit/v1/control.ts";
import type { RawCall } from "../rpc/channel.ts";
import { FRAME_HEADER_BYTES } from "../rpc/frames.ts";
import type { Transport } from "../rpc/http2/transport.ts";
import { decode } from "../wire/codec.ts";

/** The tag of `BytesMessage.data`. */
const DATA_TAG = 0x0a;

/** Takes what comes through a {@link Tunnel}. */
export interface TunnelReader {
  onData(data: Uint8Array): void;
  /** Nothing more comes; with an error unless the engine has ended its side in order. */
  onEnd(error: Error | undefined): void;
}

/**
 * A byte stream inside a call of `BytesMessage`s, whose boundaries carry no meaning. What is written is sent without
 * being copied. Ending half-closes the call, destroying resets it.
 */
export class Tunnel implements Transport {
  readonly #call: RawCall;

  constructor(call: RawCall) {
    this.#call = call;
  }

  /** Reads up to the end of the call; to be called once. */
  async read(reader: TunnelReader): Promise<void> {
    try {
      for await (const message of this.#call.messages) {
        const { data } = decode(BytesMessage, message);
        if (data.length > 0) reader.onData(data);
      }
      reader.onEnd(undefined);
    } catch (error) {
      reader.onEnd(error instanceof Error ? error : new Error(String(error)));
    }
  }

  write(pieces: readonly Uint8Array[], onSent: () => void): void {
    let length = 0;
    for (const piece of pieces) length += piece.length;
    // A call that has failed tells so to whoever reads.
    this.#call.sendFramed([messageHeader(length), ...pieces], onSent).catch(() => undefined);
  }

  end(): void {
    this.#call.end();
  }

  destroy(): void {
    this.#call.cancel();
  }

  defer(work: () => void): void {
    process.nextTick(work);
  }
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
