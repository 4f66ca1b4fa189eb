import { onAbort } from "@opendepot/base";
import type { CallOptions, RawCall } from "./channel.ts";
import { FrameDecoder, frameMessage } from "./frames.ts";
import { CallResetError, GrpcCode, GrpcError } from "./grpc-error.ts";
import type { HeaderFields } from "./http2/header-encoder.ts";
import { type Http2Stream, RESET_CANCEL, type StreamListener } from "./http2/stream.ts";
import { MessageWriter } from "./message-writer.ts";
import { Metadata } from "./metadata.ts";
import { ReceiveQueue } from "./receive-queue.ts";
import { codeOfHttpStatus, codeOfReset, errorOfTrailers, hasStatus } from "./status.ts";

/** How a call ended: with OK, or with what its reader is to get. */
type Outcome = { readonly kind: "ok" } | { readonly kind: "failed"; readonly reason: unknown };

/** One gRPC call on an HTTP/2 stream. */
export class Http2Call implements RawCall, StreamListener {
  readonly #stream: Http2Stream;
  readonly #path: string;
  readonly #maxMessageBytes: number | undefined;
  readonly #connectionFailure: () => GrpcError | undefined;
  readonly #writer: MessageWriter;
  readonly #received: ReceiveQueue = new ReceiveQueue();
  readonly #outcome: PromiseWithResolvers<Outcome> = Promise.withResolvers();
  readonly #cleanup: DisposableStack = new DisposableStack();
  #hasResponse = false;
  #settled: Outcome | undefined;

  /** @param connectionFailure why the connection is gone, or undefined while it lives */
  constructor(
    stream: Http2Stream,
    path: string,
    options: CallOptions & { readonly connectionFailure: () => GrpcError | undefined },
  ) {
    this.#stream = stream;
    this.#path = path;
    this.#maxMessageBytes = options.maxMessageBytes;
    this.#connectionFailure = options.connectionFailure;
    this.#writer = new MessageWriter(stream, () => this.#sendFailure());
    stream.listener = this;
    this.#limit(options);
  }

  /** Resolves when the call has ended, however it did. */
  get ended(): Promise<unknown> {
    return this.#outcome.promise;
  }

  get messages(): AsyncGenerator<Uint8Array, void, undefined> {
    return this.#read();
  }

  send(message: Uint8Array): Promise<void> {
    return this.#writer.send(message);
  }

  sendFramed(frames: readonly Uint8Array[], onLeft?: () => void): Promise<void> {
    return this.#writer.sendFramed(frames, onLeft);
  }

  end(): void {
    this.#stream.end();
  }

  /** Sends the only message of a call and half-closes, in one write. */
  sendLast(message: Uint8Array): void {
    this.#stream.write([frameMessage(message)]);
    this.#stream.end();
  }

  cancel(reason: unknown = new GrpcError(GrpcCode.cancelled, `${this.#path}: the call was cancelled`)): void {
    this.#settle({ kind: "failed", reason });
    this.#stream.reset(RESET_CANCEL);
    this.#received.discard();
  }

  onHeaders(fields: HeaderFields): void {
    const metadata = Metadata.fromRawHeaders(fields);
    if (this.#hasResponse || hasStatus(metadata)) this.#settle(outcomeOf(metadata));
    else this.#checkResponse(statusOf(fields), metadata);
    this.#hasResponse = true;
  }

  onData(bytes: Uint8Array): void {
    this.#received.push(bytes);
  }

  onEnd(): void {
    this.#settle({
      kind: "failed",
      reason: new GrpcError(GrpcCode.internal, `${this.#path}: the answer ended without a status`),
    });
    this.#received.end();
  }

  onAbort(code: number | undefined): void {
    this.#settle({ kind: "failed", reason: this.#abortReason(code) });
    this.#received.discard();
  }

  #limit({ signal, timeoutMs }: CallOptions): void {
    if (timeoutMs !== undefined) {
      const expired = new GrpcError(GrpcCode.deadlineExceeded, `${this.#path}: no answer within ${timeoutMs} ms`);
      const timer = setTimeout(() => this.cancel(expired), timeoutMs);
      this.#cleanup.defer(() => clearTimeout(timer));
    }
    this.#cleanup.use(onAbort(signal, (reason) => this.cancel(reason)));
  }

  #checkResponse(status: number, metadata: Metadata): void {
    const type = metadata.get("content-type");
    if (status !== 200) {
      const code = codeOfHttpStatus(status);
      this.cancel(new GrpcError(code, `${this.#path}: HTTP status ${status} instead of a gRPC answer`));
    } else if (!type?.startsWith("application/grpc")) {
      this.cancel(new GrpcError(GrpcCode.unknown, `${this.#path}: answer of type ${type} is not gRPC`));
    }
  }

  async *#read(): AsyncGenerator<Uint8Array, void, undefined> {
    const decoder = new FrameDecoder(this.#maxMessageBytes);
    let isDone = false;
    try {
      for (let chunk = await this.#received.next(); chunk; chunk = await this.#received.next()) {
        for (const message of decoder.push(chunk)) yield message;
        this.#stream.consumed(chunk.length);
      }
      isDone = true;
    } catch (error) {
      if (!(error instanceof GrpcError)) throw error;
      this.cancel(error);
      isDone = true;
    } finally {
      if (!isDone) this.cancel();
    }
    const outcome = this.#settled ?? (await this.#outcome.promise);
    // The peer has finished: what we have not sent yet counts no more.
    this.#stream.reset(RESET_CANCEL);
    if (outcome.kind === "failed") throw outcome.reason;
    if (decoder.isPartial) throw new GrpcError(GrpcCode.internal, `${this.#path}: ended in the middle of a message`);
  }

  #settle(outcome: Outcome): void {
    if (this.#settled) return;
    this.#settled = outcome;
    this.#outcome.resolve(outcome);
    this.#cleanup.dispose();
  }

  #abortReason(code: number | undefined): GrpcError {
    const lost = code === undefined ? this.#connectionFailure() : undefined;
    if (lost) return lost;
    const text = `the call was reset by the engine (HTTP/2 code ${code ?? RESET_CANCEL})`;
    return new CallResetError(codeOfReset(code ?? RESET_CANCEL), `${this.#path}: ${text}`);
  }

  #sendFailure(): Error {
    const reason = this.#settled?.kind === "failed" ? this.#settled.reason : undefined;
    if (reason instanceof Error) return reason;
    return this.#connectionFailure() ?? new GrpcError(GrpcCode.cancelled, `${this.#path}: the call has ended`);
  }
}

function statusOf(fields: HeaderFields): number {
  return Number(fields[fields.indexOf(":status") + 1]);
}

function outcomeOf(trailers: Metadata): Outcome {
  const reason = errorOfTrailers(trailers);
  return reason ? { kind: "failed", reason } : { kind: "ok" };
}
