import type { Duplex } from "node:stream";
import { messageOf } from "@opendepot/base";
import { decode, encode } from "../wire/codec.ts";
import type { Init, Method } from "../wire/message.ts";
import type { CallOptions, Channel, RawCall } from "./channel.ts";
import { ConnectionLostError, GrpcCode, GrpcError } from "./grpc-error.ts";
import { Http2Connection } from "./http2/connection.ts";
import { SocketTransport } from "./http2/socket-transport.ts";
import { Http2Call } from "./http2-call.ts";
import type { Metadata } from "./metadata.ts";

/** The largest header list taken: an engine's error details, which travel in one header, have tens of kilobytes. */
const MAX_HEADER_LIST_BYTES: number = 4 * 1024 * 1024;

const DEFAULT_SETTINGS_TIMEOUT_MS = 10_000;

/** How long a close may take before the socket is destroyed. */
const CLOSE_LIMIT_MS = 500;

/** `grpc-timeout` has at most eight digits. */
const MAX_GRPC_TIMEOUT_MS = 99_999_999;

/** How a channel names its peer. */
export interface ChannelOptions {
  /** The `:authority` of every call. */
  readonly authority: string;
  /** `https` on TLS. Default: `http`. */
  readonly scheme?: "http" | "https";
  /** The peer in messages for people, for instance `buildkitd at /run/buildkit/buildkitd.sock`. */
  readonly peer: string;
  /** How long the peer may take to say that it speaks HTTP/2. Default: 10,000. */
  readonly settingsTimeoutMs?: number;
}

/**
 * Speaks gRPC over HTTP/2 on a connected socket. The channel owns the socket from here on.
 *
 * Does not wait for the peer: when it turns out not to speak HTTP/2, the calls fail with `unavailable`.
 */
export function openChannel(socket: Duplex, options: ChannelOptions): Channel {
  return new Http2Channel(socket, options);
}

class Http2Channel implements Channel {
  readonly #connection: Http2Connection;
  readonly #socket: Duplex;
  readonly #options: ChannelOptions;
  readonly #closed: AbortController = new AbortController();
  readonly #calls: Set<Http2Call> = new Set();
  #cause: unknown;
  #isDisposed = false;
  #hasAnswered = false;
  /** The peer finishes what runs and takes nothing new. */
  #isDraining = false;

  constructor(socket: Duplex, options: ChannelOptions) {
    this.#socket = socket;
    this.#options = options;
    const { settingsTimeoutMs = DEFAULT_SETTINGS_TIMEOUT_MS } = options;
    const limit = setTimeout(
      () => this.#lose(new Error(`no HTTP/2 answer within ${settingsTimeoutMs} ms`)),
      settingsTimeoutMs,
    );
    this.#connection = new Http2Connection(new SocketTransport(socket), {
      side: "client",
      maxHeaderListBytes: MAX_HEADER_LIST_BYTES,
      onSettings: () => {
        clearTimeout(limit);
        this.#hasAnswered = true;
      },
      onGoAway: () => {
        this.#isDraining = true;
      },
      onClose: (error) => {
        clearTimeout(limit);
        this.#onClose(error);
      },
    });
    socket.on("data", (chunk: Buffer) => this.#connection.receive(chunk));
    socket.on("error", (error) => this.#noteCause(error));
    socket.once("end", () => this.#lose(undefined));
    socket.once("close", () => this.#lose(this.#socket.errored ?? undefined));
    if (socket.destroyed) this.#lose(socket.errored ?? undefined);
  }

  get closed(): AbortSignal {
    return this.#closed.signal;
  }

  async unary<Request, Response>(
    method: Method<Request, Response>,
    request: Init<Request>,
    options: CallOptions = {},
  ): Promise<Response> {
    const call = this.#start(method.path, options);
    call.sendLast(encode(method.request, request));
    let answer: Uint8Array | undefined;
    for await (const message of call.messages) {
      if (answer) throw new GrpcError(GrpcCode.internal, `${method.path}: more than one answer`);
      answer = message;
    }
    if (!answer) throw new GrpcError(GrpcCode.internal, `${method.path}: no answer`);
    return decodeAnswer(method, answer);
  }

  async *serverStream<Request, Response>(
    method: Method<Request, Response>,
    request: Init<Request>,
    options: CallOptions = {},
  ): AsyncGenerator<Response, void, undefined> {
    const call = this.#start(method.path, options);
    call.sendLast(encode(method.request, request));
    for await (const message of call.messages) yield decodeAnswer(method, message);
  }

  open(path: string, options: CallOptions = {}): RawCall {
    return this.#start(path, options);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isDisposed = true;
    for (const call of this.#calls) call.cancel(this.#unavailable("was closed"));
    if (this.#socket.destroyed) return;
    const { promise: gone, resolve } = Promise.withResolvers<void>();
    this.#socket.once("close", () => resolve());
    this.#connection.close();
    const force = setTimeout(() => this.#socket.destroy(), CLOSE_LIMIT_MS);
    await gone;
    clearTimeout(force);
  }

  #start(path: string, options: CallOptions): Http2Call {
    options.signal?.throwIfAborted();
    const failure = this.#failure();
    if (failure) throw failure;
    if (this.#isDisposed) throw this.#unavailable("was closed");
    if (this.#isDraining) throw this.#unavailable("takes no more calls: the engine is shutting down");
    const stream = this.#connection.open();
    const call = new Http2Call(stream, path, { ...options, connectionFailure: () => this.#failure() });
    stream.sendHeaders(this.#requestHeaders(path, options));
    this.#calls.add(call);
    void call.ended.then(() => this.#calls.delete(call));
    return call;
  }

  #requestHeaders(path: string, { metadata, timeoutMs }: CallOptions): string[] {
    const headers = [":method", "POST", ":scheme", this.#options.scheme ?? "http", ":path", path];
    headers.push(":authority", this.#options.authority, "content-type", "application/grpc", "te", "trailers");
    headers.push("user-agent", "opendepot");
    if (timeoutMs !== undefined) headers.push("grpc-timeout", grpcTimeout(timeoutMs));
    if (metadata) addMetadata(headers, metadata);
    return headers;
  }

  #lose(error: Error | undefined): void {
    if (error) this.#noteCause(error);
    this.#connection.lost(error);
    this.#socket.destroy();
  }

  #onClose(error: Error | undefined): void {
    if (error) this.#noteCause(error);
    this.#failure();
  }

  #noteCause(error: unknown): void {
    this.#cause ??= error;
  }

  /** Why the connection is gone; undefined while it lives. */
  #failure(): GrpcError | undefined {
    if (this.#closed.signal.aborted) return this.#closed.signal.reason;
    if (!this.#socket.destroyed && !this.#connection.isClosed) return undefined;
    this.#cause ??= this.#socket.errored ?? undefined; // an error from before we listened
    const failure = this.#isDisposed ? this.#unavailable("was closed") : this.#lost();
    this.#closed.abort(failure);
    return failure;
  }

  #lost(): GrpcError {
    const { peer, scheme } = this.#options;
    // In TLS 1.3 a refused client certificate may show as nothing but an end.
    const doubt = scheme === "https" ? "; it may not accept this client certificate" : "";
    const how = this.#hasAnswered ? "was lost" : `was closed before it answered${doubt}`;
    const why = this.#cause === undefined ? "" : `: ${messageOf(this.#cause)}`;
    return new ConnectionLostError(GrpcCode.unavailable, `the connection to ${peer} ${how}${why}`, this.#causeOption());
  }

  #unavailable(what: string): GrpcError {
    return new GrpcError(GrpcCode.unavailable, `the connection to ${this.#options.peer} ${what}`, this.#causeOption());
  }

  #causeOption(): { readonly cause?: unknown } {
    return this.#cause === undefined ? {} : { cause: this.#cause };
  }
}

/** Metadata of the caller, but for the fields that are gRPC's own. */
function addMetadata(headers: string[], metadata: Metadata): void {
  for (const [name, value] of metadata.entries()) {
    if (!RESERVED.has(name)) headers.push(name, value);
  }
}

const RESERVED: ReadonlySet<string> = new Set(["content-type", "te", "user-agent", "grpc-timeout"]);

function grpcTimeout(timeoutMs: number): string {
  return `${Math.min(Math.ceil(timeoutMs), MAX_GRPC_TIMEOUT_MS)}m`;
}

function decodeAnswer<Request, Response>(method: Method<Request, Response>, message: Uint8Array): Response {
  try {
    return decode(method.response, message);
  } catch (error) {
    throw brokenAnswer(method.path, error);
  }
}

function brokenAnswer(path: string, cause: unknown): GrpcError {
  return new GrpcError(GrpcCode.internal, `${path}: the answer is no message of its type: ${messageOf(cause)}`, {
    cause,
  });
}
