import type { ClientHttp2Stream, IncomingHttpHeaders, IncomingHttpStatusHeader } from "node:http2";
import { onAbort } from "@opendepot/base";
import type { CallOptions, RawCall } from "./channel.ts";
import { FrameDecoder, frameMessage } from "./frames.ts";
import { CallResetError, GrpcCode, GrpcError } from "./grpc-error.ts";
import { MessageWriter } from "./message-writer.ts";
import { Metadata } from "./metadata.ts";
import { codeOfHttpStatus, codeOfReset, errorOfTrailers, hasStatus } from "./status.ts";

const RESET_CANCEL = 8;

/** How a call ended: with OK, or with what its reader is to get. */
type Outcome = { readonly kind: "ok" } | { readonly kind: "failed"; readonly reason: unknown };

/** One gRPC call on an HTTP/2 stream. */
export class Http2Call implements RawCall {
  readonly #stream: ClientHttp2Stream;
  readonly #path: string;
  readonly #maxMessageBytes: number | undefined;
  readonly #connectionFailure: () => GrpcError | undefined;
  readonly #writer: MessageWriter;
  readonly #outcome: PromiseWithResolvers<Outcome> = Promise.withResolvers();
  readonly #cleanup: DisposableStack = new DisposableStack();
  /** The status of a response that is nothing but trailers, until the stream ends. */
  #early: Outcome | undefined;
  #settled: Outcome | undefined;

  /** @param connectionFailure why the connection is gone, or undefined while it lives */
  constructor(
    stream: ClientHttp2Stream,
    path: string,
    options: CallOptions & { readonly connectionFailure: () => GrpcError | undefined },
  ) {
    this.#stream = stream;
    this.#path = path;
    this.#maxMessageBytes = options.maxMessageBytes;
    this.#connectionFailure = options.connectionFailure;
    this.#writer = new MessageWriter(stream, () => this.#sendFailure());
    this.#listen();
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

  sendFramed(...frames: readonly Uint8Array[]): Promise<void> {
    return this.#writer.sendFramed(frames);
  }

  end(): void {
    this.#stream.end();
  }

  /** Sends the only message of a call and half-closes, in one write. */
  sendLast(message: Uint8Array): void {
    this.#stream.end(frameMessage(message));
  }

  cancel(reason: unknown = new GrpcError(GrpcCode.cancelled, `${this.#path}: the call was cancelled`)): void {
    this.#settle({ kind: "failed", reason });
    if (!this.#stream.closed) this.#stream.close(RESET_CANCEL);
  }

  #listen(): void {
    const stream = this.#stream;
    stream.on("response", (headers, _flags, raw) => this.#onResponse(headers, Metadata.fromRawHeaders(raw)));
    stream.on("trailers", (_headers, _flags, raw?: string[]) =>
      this.#settle(outcomeOf(Metadata.fromRawHeaders(raw ?? []))),
    );
    // Trailers are announced one tick after the end of the data.
    stream.once("end", () => setImmediate(() => this.#settle(this.#early ?? this.#broken("ended without a status"))));
    stream.once("close", () => this.#settle(this.#early ?? this.#closedOutcome()));
    stream.on("error", () => undefined); // told by "close", which always follows
  }

  #limit({ signal, timeoutMs }: CallOptions): void {
    if (timeoutMs !== undefined) {
      const expired = new GrpcError(GrpcCode.deadlineExceeded, `${this.#path}: no answer within ${timeoutMs} ms`);
      const timer = setTimeout(() => this.cancel(expired), timeoutMs);
      this.#cleanup.defer(() => clearTimeout(timer));
    }
    this.#cleanup.use(onAbort(signal, (reason) => this.cancel(reason)));
  }

  #onResponse(headers: IncomingHttpHeaders & IncomingHttpStatusHeader, metadata: Metadata): void {
    const status = headers[":status"] ?? 0;
    if (hasStatus(metadata)) this.#early = outcomeOf(metadata);
    else if (status !== 200) {
      const code = codeOfHttpStatus(status);
      this.cancel(new GrpcError(code, `${this.#path}: HTTP status ${status} instead of a gRPC answer`));
    } else if (!metadata.get("content-type")?.startsWith("application/grpc")) {
      this.cancel(
        new GrpcError(GrpcCode.unknown, `${this.#path}: answer of type ${metadata.get("content-type")} is not gRPC`),
      );
    }
  }

  async *#read(): AsyncGenerator<Uint8Array, void, undefined> {
    const decoder = new FrameDecoder(this.#maxMessageBytes);
    try {
      // Destroying on return would reset the stream with the wrong code.
      for await (const chunk of this.#stream.iterator({ destroyOnReturn: false })) {
        for (const message of decoder.push(chunk)) yield message;
      }
    } catch (error) {
      if (error instanceof GrpcError) this.cancel(error);
    } finally {
      if (!this.#stream.closed && !this.#stream.readableEnded) this.cancel();
    }
    const outcome = this.#settled ?? (await this.#outcome.promise);
    // The peer has finished: what we have not sent yet counts no more.
    if (!this.#stream.closed && !this.#stream.writableFinished) this.#stream.close(RESET_CANCEL);
    if (outcome.kind === "failed") throw outcome.reason;
    if (decoder.isPartial) throw new GrpcError(GrpcCode.internal, `${this.#path}: ended in the middle of a message`);
  }

  #settle(outcome: Outcome): void {
    if (this.#settled) return;
    this.#settled = outcome;
    this.#outcome.resolve(outcome);
    this.#cleanup.dispose();
  }

  #closedOutcome(): Outcome {
    const lost = this.#connectionFailure();
    if (lost) return { kind: "failed", reason: lost };
    const http2Code = this.#stream.rstCode;
    const text = `the call was reset by the engine (HTTP/2 code ${http2Code})`;
    return { kind: "failed", reason: new CallResetError(codeOfReset(http2Code), `${this.#path}: ${text}`) };
  }

  #broken(what: string): Outcome {
    return { kind: "failed", reason: new GrpcError(GrpcCode.internal, `${this.#path}: the answer ${what}`) };
  }

  #sendFailure(): Error {
    const reason = this.#settled?.kind === "failed" ? this.#settled.reason : undefined;
    if (reason instanceof Error) return reason;
    return this.#connectionFailure() ?? new GrpcError(GrpcCode.cancelled, `${this.#path}: the call has ended`);
  }
}

function outcomeOf(trailers: Metadata): Outcome {
  const reason = errorOfTrailers(trailers);
  return reason ? { kind: "failed", reason } : { kind: "ok" };
}
