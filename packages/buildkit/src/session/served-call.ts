import type { ServerHttp2Stream } from "node:http2";
import { isProblem, messageOf } from "@opendepot/base";
import { FrameDecoder } from "../rpc/frames.ts";
import { GrpcCode, GrpcError } from "../rpc/grpc-error.ts";
import { MessageWriter } from "../rpc/message-writer.ts";
import type { Metadata } from "../rpc/metadata.ts";
import { trailersOf } from "../rpc/status.ts";
import type { SessionCall, SessionMethod } from "./service.ts";

const RESET_NONE = 0;

/** How long the engine may take to end its side of a call that we have answered. */
const LINGER_MS = 5_000;

const HEADERS = { ":status": 200, "content-type": "application/grpc" };

/**
 * Runs `method` for one call of the engine and ends the call with its outcome. Never rejects.
 *
 * @returns the error that the call ended with, for the log
 */
export async function serveCall(
  stream: ServerHttp2Stream,
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
export function refuseCall(stream: ServerHttp2Stream, error: GrpcError): void {
  stream.on("error", () => undefined);
  finishWithTrailersOnly(stream, error);
}

class ServedCall implements SessionCall {
  readonly metadata: Metadata;
  readonly #stream: ServerHttp2Stream;
  readonly #abort: AbortController = new AbortController();
  readonly #writer: MessageWriter;

  constructor(stream: ServerHttp2Stream, metadata: Metadata) {
    this.#stream = stream;
    this.metadata = metadata;
    this.#writer = new MessageWriter(stream, () => resetError());
    stream.on("error", () => undefined); // told by "close", which always follows
    stream.once("aborted", () => this.#abort.abort(resetError()));
    stream.once("close", () => this.#abort.abort(resetError()));
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

  async sendFramed(frames: Uint8Array): Promise<void> {
    this.#respond();
    await this.#writer.sendFramed([frames]);
  }

  /** Sends the trailers at once: the engine may half-close only after it has seen them. */
  finish(error: GrpcError | undefined): void {
    const stream = this.#stream;
    if (stream.destroyed) return;
    if (!stream.headersSent) {
      finishWithTrailersOnly(stream, error);
      return;
    }
    stream.once("wantTrailers", () => stream.sendTrailers(trailersOf(error)));
    stream.end();
    linger(stream);
  }

  #respond(): void {
    if (!this.#stream.headersSent && !this.#stream.destroyed) {
      this.#stream.respond(HEADERS, { waitForTrailers: true });
    }
  }

  async *#read(): AsyncGenerator<Uint8Array, void, undefined> {
    const decoder = new FrameDecoder();
    try {
      for await (const chunk of this.#stream.iterator({ destroyOnReturn: false })) {
        for (const message of decoder.push(chunk)) yield message;
      }
    } catch (error) {
      throw error instanceof GrpcError ? error : resetError();
    }
    // To whoever reads, a reset looks like an ordinary end.
    if (this.#stream.aborted || this.#stream.rstCode !== RESET_NONE) throw resetError();
    if (decoder.isPartial) throw new GrpcError(GrpcCode.internal, "the call ended in the middle of a message");
  }
}

function finishWithTrailersOnly(stream: ServerHttp2Stream, error: GrpcError | undefined): void {
  if (stream.destroyed) return;
  stream.respond({ ...HEADERS, ...trailersOf(error) }, { endStream: true });
  linger(stream);
}

/** Lets the rest of the engine's messages pass by, for a limited time. */
function linger(stream: ServerHttp2Stream): void {
  stream.resume();
  const timer = setTimeout(() => stream.close(RESET_NONE), LINGER_MS);
  timer.unref();
  stream.once("close", () => clearTimeout(timer));
}

function resetError(): GrpcError {
  return new GrpcError(GrpcCode.cancelled, "the engine reset the call");
}

function toGrpcError(error: unknown): GrpcError {
  if (error instanceof GrpcError) return error;
  const hint = isProblem(error) && error.hint !== undefined ? ` (${error.hint})` : "";
  return new GrpcError(GrpcCode.unknown, `${messageOf(error)}${hint}`, { cause: error });
}
