import type { RawCall } from "./channel.ts";
import { frameHeader, frameMessage } from "./frames.ts";
import type { Http2Stream } from "./http2/stream.ts";

/** Messages up to this size are copied behind their header; more pieces cost more than that copy. */
const COPY_UP_TO_BYTES = 16 * 1024;

/**
 * Writes gRPC frames to a stream and holds senders back while too many bytes wait to leave.
 *
 * Any number of senders may write at once: each is woken when there is room again, and all of them when the stream dies.
 */
export class MessageWriter {
  readonly #stream: Http2Stream;
  readonly #failure: () => Error;

  /** @param failure what senders get once the stream is gone */
  constructor(stream: Http2Stream, failure: () => Error) {
    this.#stream = stream;
    this.#failure = failure;
  }

  /** Frames one message. */
  send(message: Uint8Array): Promise<void> {
    if (message.length <= COPY_UP_TO_BYTES) return this.sendFramed([frameMessage(message)]);
    return this.sendFramed([frameHeader(message.length), message]);
  }

  /** Sends whole frames as they are: see {@link RawCall.sendFramed}. */
  async sendFramed(frames: readonly Uint8Array[], onLeft?: () => void): Promise<void> {
    const stream = this.#stream;
    if (!stream.isWritable) throw this.#failure();
    stream.write(frames, onLeft);
    for (let room = stream.queue.room(); room; room = stream.queue.room()) {
      await room;
      // A dying stream gives up what waits in it, which looks like room.
      if (stream.isClosed) throw this.#failure();
    }
  }
}
