import { constants, type OutgoingHttpHeaders, type ServerHttp2Stream } from "node:http2";

import { type CallStatus, trailersOf } from "./call-status.ts";

/** How long a status may wait behind bytes that the client does not read. */
const FLUSH_LIMIT_MS = 1_000;
/** How long a client may go on sending after its call was answered, before the stream is reset. */
const LINGER_LIMIT_MS = 5_000;

/** The answering half of one call: whatever happens, the client gets exactly one status, or a reset. */
export class Responder {
  readonly stream: ServerHttp2Stream;
  #isFinished = false;
  #isFlushed = false;
  #trailers: OutgoingHttpHeaders = {};

  constructor(stream: ServerHttp2Stream) {
    this.stream = stream;
  }

  /** Whether the status was given, though it may not have left yet, or the stream is gone. */
  get isFinished(): boolean {
    return this.#isFinished || this.stream.closed || this.stream.destroyed;
  }

  /** Sends the response headers; bytes may then be written to `stream`. */
  begin(headers: OutgoingHttpHeaders): void {
    if (this.isFinished) return;
    this.stream.on("wantTrailers", () => {
      this.#isFlushed = true;
      this.#attempt(() => this.stream.sendTrailers(this.#trailers));
    });
    this.#attempt(() => this.stream.respond(headers, { waitForTrailers: true }));
  }

  /** Ends the call with headers that hold the status themselves. */
  answer(headers: OutgoingHttpHeaders): void {
    if (this.isFinished) return;
    this.#isFinished = true;
    this.#attempt(() => this.stream.respond(headers, { endStream: true }));
    this.#linger();
  }

  /** Ends the call after all that was written, with the given trailers. */
  finish(trailers: OutgoingHttpHeaders): void {
    if (this.isFinished) return;
    this.#isFinished = true;
    this.#trailers = trailers;
    this.stream.end();
    this.#linger();
  }

  /** Ends the call with a status of the gateway's own, wherever the response stands. */
  fail(status: CallStatus): void {
    if (this.isFinished) return;
    if (!this.stream.headersSent) {
      this.answer({ ":status": 200, "content-type": "application/grpc", ...trailersOf(status) });
      return;
    }
    this.finish(trailersOf(status));
    this.#after(FLUSH_LIMIT_MS, () => {
      if (!this.#isFlushed) this.stream.close(constants.NGHTTP2_CANCEL);
    });
  }

  /** Resets the call. */
  reset(code: number): void {
    this.#isFinished = true;
    if (!this.stream.destroyed) this.stream.close(code);
  }

  /** Node refuses some header fields by throwing; an engine that sends them ends its call, not the process. */
  #attempt(send: () => void): void {
    try {
      send();
    } catch {
      this.reset(constants.NGHTTP2_INTERNAL_ERROR);
    }
  }

  /** What the client still sends is of no use to anybody; reading it lets the stream end. */
  #linger(): void {
    if (this.stream.readableEnded) return;
    this.stream.resume();
    this.stream.once("finish", () => this.#after(LINGER_LIMIT_MS, () => this.stream.close(constants.NGHTTP2_NO_ERROR)));
  }

  #after(limitMs: number, act: () => void): void {
    const timer = setTimeout(act, limitMs);
    timer.unref();
    this.stream.once("close", () => clearTimeout(timer));
  }
}
