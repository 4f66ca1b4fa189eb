import { isProblem, messageOf } from "@opendepot/base";
import { FrameDecoder } from "../rpc/frames.ts";
import { GrpcCode, GrpcError } from "../rpc/grpc-error.ts";
import { type Http2Stream, RESET_NO_ERROR, type StreamListener } from "../rpc/http2/stream.ts";
import { MessageWriter } from "../rpc/message-writer.ts";
import type { Metadata } from "../rpc/metadata.ts";
import { ReceiveQueue } from "../rpc/receive-queue.ts";
import { trailersOf } from "../rpc/status.ts";
import type { SessionCall, SessionMethod } from "./service.ts";

/** How long the engine may take to end its side of a call that we have answered. */
const LINGER_MS = 5_000;

const HEADERS = [":status", "200", "content-type", "application/grpc"];

/**
 * Runs `method` for one call of the engine and ends the call with its outcome. Never rejects.
 *
 * @returns the error that the call ended with, for the log
 */
export async function serveCall(
  stream: Http2Stream,
  metadata: Metadata,
  method: SessionMethod,
): Promise<GrpcError | undefined> {
  const call = new ServedCall(stream, metadata);
  let failure: GrpcError | undefined;
  try {
    await method(call);
  } catch (error) {
    failure = toGrpcError(error);
  }
  call.finish(failure);
  return failure;
}

/** Ends a call that nothing serves. */
export function refuseCall(stream: Http2Stream, error: GrpcError): void {
  stream.sendHeaders([...HEADERS, ...Object.entries(trailersOf(error)).flat()], true);
  linger(stream);
}

class ServedCall implements SessionCall, StreamListener {
  readonly metadata: Metadata;
  readonly #stream: Http2Stream;
  readonly #abort: AbortController = new AbortController();
  readonly #writer: MessageWriter;
  readonly #received: ReceiveQueue = new ReceiveQueue();
  #hasResponded = false;
  #isAborted = false;

  constructor(stream: Http2Stream, metadata: Metadata) {
    this.#stream = stream;
    this.metadata = metadata;
    this.#writer = new MessageWriter(stream, () => resetError());
    stream.listener = this;
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  get messages(): AsyncGenerator<Uint8Array, void, undefined> {
    return this.#read();
  }

  async send(message: Uint8Array): Promise<void> {
    this.#respond();
    await this.#writer.send(message);
  }

  async sendFramed(frames: Uint8Array, onLeft?: () => void): Promise<void> {
    this.#respond();
    await this.#writer.sendFramed([frames], onLeft);
  }

  /** Sends the trailers at once: the engine may half-close only after it has seen them. */
  finish(error: GrpcError | undefined): void {
    const trailers = Object.entries(trailersOf(error)).flat();
    if (this.#hasResponded) this.#stream.end(trailers);
    else this.#stream.sendHeaders([...HEADERS, ...trailers], true);
    linger(this.#stream);
  }

  onHeaders(): void {
    // Nobody sends trailers with a request; they would mean nothing.
  }

  onData(bytes: Uint8Array): void {
    this.#received.push(bytes);
  }

  onEnd(): void {
    this.#received.end();
  }

  onAbort(): void {
    this.#isAborted = true;
    this.#received.discard();
    this.#abort.abort(resetError());
  }

  #respond(): void {
    if (this.#hasResponded) return;
    this.#hasResponded = true;
    this.#stream.sendHeaders(HEADERS);
  }

  async *#read(): AsyncGenerator<Uint8Array, void, undefined> {
    const decoder = new FrameDecoder();
    for (let chunk = await this.#received.next(); chunk; chunk = await this.#received.next()) {
      for (const message of decoder.push(chunk)) yield message;
      this.#stream.consumed(chunk.length);
    }
    // To whoever reads, a reset looks like an ordinary end.
    if (this.#isAborted) throw resetError();
    if (decoder.isPartial) throw new GrpcError(GrpcCode.internal, "the call ended in the middle of a message");
  }
}

/** Lets the rest of the engine's messages pass by, for a limited time. */
function linger(stream: Http2Stream): void {
  if (stream.isClosed) return;
  stream.ignoreRest();
  const timer = setTimeout(() => stream.reset(RESET_NO_ERROR), LINGER_MS);
  timer.unref();
  stream.onClosed = () => clearTimeout(timer);
}

function resetError(): GrpcError {
  return new GrpcError(GrpcCode.cancelled, "the engine reset the call");
}

function toGrpcError(error: unknown): GrpcError {
  if (error instanceof GrpcError) return error;
  const hint = isProblem(error) && error.hint !== undefined ? ` (${error.hint})` : "";
  return new GrpcError(GrpcCode.unknown, `${messageOf(error)}${hint}`, { cause: error });
}
