import { ErrorCode, FrameType } from "./constants.ts";
import type { HeaderFields } from "./header-encoder.ts";
import { type OutgoingBytes, SendQueue } from "./send-queue.ts";

/** What a stream tells its owner, in order. Must not throw. */
export interface StreamListener {
  /** Headers, or the trailers after them. */
  onHeaders(fields: HeaderFields): void;
  /** To be given back by {@link Http2Stream.consumed} once it was made use of. Not copied. */
  onData(bytes: Uint8Array): void;
  /** The peer has sent everything. */
  onEnd(): void;
  /** The peer reset the stream, with an HTTP/2 code, or the connection is gone (undefined). Nothing comes after it. */
  onAbort(code: number | undefined): void;
}

/** What a stream needs of its connection. */
export interface StreamPort {
  sendHeaders(stream: Http2Stream, fields: HeaderFields, isLast: boolean): void;
  sendReset(stream: Http2Stream, code: number): void;
  /** There is something to send. */
  wantsToSend(stream: Http2Stream): void;
  /** Bytes of the stream have been used up. */
  consumed(stream: Http2Stream, bytes: number): void;
  /** The stream is over on both sides. */
  forget(stream: Http2Stream): void;
}

/** A frame's worth of a stream's bytes. */
export interface DataFrame extends OutgoingBytes {
  readonly type: number;
  /** Whether the stream ends with it. */
  readonly isLast: boolean;
}

/** The windows a stream begins with. */
export interface StreamWindows {
  readonly send: number;
  readonly receive: number;
}

/** One HTTP/2 stream: RFC 9113 section 5. */
export class Http2Stream {
  readonly id: number;
  readonly queue: SendQueue = new SendQueue();
  /** Bytes that the peer takes now; may be below zero. */
  sendWindow: number;
  /** Bytes that the peer may still send. */
  receiveWindow: number;
  /** Bytes that came and were not used up. */
  held = 0;
  /** Bytes used up that the peer was not told of. */
  uncredited = 0;
  listener: StreamListener = IGNORE;
  /** Called once when the stream is over, for whatever reason. */
  onClosed: (() => void) | undefined;
  /** Whether the headers, other than trailers, of the peer are there. */
  hasHeaders = false;
  isRemoteEnded = false;
  #isEnding = false;
  #isLocalEnded = false;
  #isClosed = false;
  #trailers: HeaderFields | undefined;
  readonly #port: StreamPort;

  constructor(id: number, port: StreamPort, windows: StreamWindows) {
    this.id = id;
    this.#port = port;
    this.sendWindow = windows.send;
    this.receiveWindow = windows.receive;
  }

  /** Reset by either side, gone with the connection, or ended on both sides. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Whether more may be sent. */
  get isWritable(): boolean {
    return !this.#isClosed && !this.#isEnding;
  }

  /** Whether a frame could be sent if the windows allow. */
  get hasPending(): boolean {
    return this.queue.bytes > 0 || (this.#isEnding && !this.#isLocalEnded);
  }

  sendHeaders(fields: HeaderFields, isLast = false): void {
    if (!this.isWritable) return;
    this.#port.sendHeaders(this, fields, isLast);
    if (!isLast) return;
    this.#isEnding = true;
    this.#endLocal();
  }

  /**
   * Queues bytes; the last piece must not be empty. They must not change until `onLeft` is called, when the last of them
   * has left; it is not called when the stream dies before.
   */
  write(pieces: readonly Uint8Array[], onLeft?: () => void): void {
    if (!this.isWritable) return;
    for (const [index, piece] of pieces.entries()) {
      this.queue.push(piece, index === pieces.length - 1 ? onLeft : undefined);
    }
    this.#port.wantsToSend(this);
  }

  /** Half-closes behind everything queued, with trailers if given. */
  end(trailers?: HeaderFields): void {
    if (!this.isWritable) return;
    this.#isEnding = true;
    this.#trailers = trailers;
    this.#port.wantsToSend(this);
  }

  reset(code: number): void {
    if (this.#isClosed) return;
    this.#port.sendReset(this, code);
    this.close();
  }

  /** Makes up the next DATA frame of at most `maxBytes`, or the end. `write` gets the frame's header fields. */
  takeFrame(maxBytes: number, write: (frame: DataFrame) => void): number {
    const count = Math.min(maxBytes, this.queue.bytes);
    const bytes: OutgoingBytes = { pieces: [], onLeft: [] };
    this.queue.take(count, bytes);
    const isDone = this.#isEnding && this.queue.bytes === 0;
    const trailers = isDone ? this.#trailers : undefined;
    if (count > 0 || (isDone && !trailers)) {
      write({ type: FrameType.data, isLast: isDone && !trailers, ...bytes });
      this.sendWindow -= count;
    }
    if (trailers) this.#port.sendHeaders(this, trailers, true);
    if (isDone) this.#endLocal();
    return count;
  }

  /** Tells the connection that received bytes take no room any more. */
  consumed(bytes: number): void {
    this.#port.consumed(this, bytes);
  }

  /** Lets everything that still comes pass by; only the end of the stream is told, to the listener there was. */
  ignoreRest(): void {
    const { listener } = this;
    this.consumed(this.held);
    this.listener = {
      ...IGNORE,
      onData: (bytes) => this.consumed(bytes.length),
      onAbort: (code) => listener.onAbort(code),
    };
  }

  /** For the connection: the peer has ended its side. */
  endRemote(): void {
    this.isRemoteEnded = true;
    this.listener.onEnd();
    if (this.#isLocalEnded) this.close();
  }

  /** For the connection: the peer reset the stream, or is gone. */
  abort(code: number | undefined): void {
    if (this.#isClosed) return;
    this.close();
    this.listener.onAbort(code);
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.queue.clear();
    this.#port.forget(this);
    this.onClosed?.();
  }

  #endLocal(): void {
    this.#isLocalEnded = true;
    if (this.isRemoteEnded) this.close();
  }
}

/** Nobody listens. */
const IGNORE: StreamListener = {
  onHeaders: () => undefined,
  onData: () => undefined,
  onEnd: () => undefined,
  onAbort: () => undefined,
};

/** Resets with this code say that the sender has lost interest. */
export const RESET_CANCEL: number = ErrorCode.cancel;
/** Tells a peer to send no more of a request that was answered already: RFC 9113 section 8.1. */
export const RESET_NO_ERROR: number = ErrorCode.noError;
