import type { ClientHttp2Session, OutgoingHttpHeaders } from "node:http2";
import type { Duplex } from "node:stream";
import { messageOf } from "@opendepot/base";
import { decode, encode } from "../wire/codec.ts";
import type { Init, Method } from "../wire/message.ts";
import type { CallOptions, Channel, RawCall } from "./channel.ts";
import { ConnectionLostError, GrpcCode, GrpcError } from "./grpc-error.ts";
import { Http2Call } from "./http2-call.ts";
import {
  CONNECTION_WINDOW_BYTES,
  localSettings,
  MAX_HEADER_PAIRS,
  MAX_SEND_HEADER_BYTES,
  MAX_SESSION_MEMORY_MB,
} from "./http2-settings.ts";

/**
 * The largest header list taken. Node's HTTP/2 library drops the whole connection over one header value of 64 KiB;
 * with this limit a gRPC peer resets just the call whose error details are larger.
 */
const MAX_HEADER_LIST_BYTES = 65_535;

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
export async function openChannel(socket: Duplex, options: ChannelOptions): Promise<Channel> {
  const { connect } = await import("node:http2"); // a third of the start-up time of this package
  const session = connect(`http://${options.authority}`, {
    createConnection: () => socket,
    settings: { ...localSettings(MAX_HEADER_LIST_BYTES), enablePush: false },
    maxHeaderListPairs: MAX_HEADER_PAIRS,
    maxSessionMemory: MAX_SESSION_MEMORY_MB,
    maxSendHeaderBlockLength: MAX_SEND_HEADER_BYTES,
  });
  return new Http2Channel(session, socket, options);
}

class Http2Channel implements Channel {
  readonly #session: ClientHttp2Session;
  readonly #socket: Duplex;
  readonly #options: ChannelOptions;
  readonly #closed: AbortController = new AbortController();
  readonly #calls: Set<Http2Call> = new Set();
  #cause: unknown;
  #isDisposed = false;
  #hasAnswered = false;
  /** The peer finishes what runs and takes nothing new. */
  #isDraining = false;

  constructor(session: ClientHttp2Session, socket: Duplex, options: ChannelOptions) {
    this.#session = session;
    this.#socket = socket;
    this.#options = options;
    const { settingsTimeoutMs = DEFAULT_SETTINGS_TIMEOUT_MS } = options;
    const limit = setTimeout(
      () => session.destroy(new Error(`no HTTP/2 answer within ${settingsTimeoutMs} ms`)),
      settingsTimeoutMs,
    );
    session.once("remoteSettings", () => {
      clearTimeout(limit);
      this.#hasAnswered = true;
    });
    session.once("connect", () => session.setLocalWindowSize(CONNECTION_WINDOW_BYTES));
    session.on("error", (error) => this.#noteCause(error));
    socket.on("error", (error) => this.#noteCause(error));
    session.once("goaway", (code) => {
      this.#isDraining = true;
      if (code !== 0) this.#noteCause(new Error(`GOAWAY with code ${code}`));
    });
    session.once("close", () => {
      clearTimeout(limit);
      this.#failure();
    });
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
    this.#session.close();
    const force = setTimeout(() => {
      this.#session.destroy();
      this.#socket.destroy();
    }, CLOSE_LIMIT_MS);
    await gone;
    clearTimeout(force);
  }

  #start(path: string, options: CallOptions): Http2Call {
    options.signal?.throwIfAborted();
    const failure = this.#failure();
    if (failure) throw failure;
    if (this.#isDisposed) throw this.#unavailable("was closed");
    if (this.#isDraining) throw this.#unavailable("takes no more calls: the engine is shutting down");
    const call = new Http2Call(this.#request(path, options), path, {
      ...options,
      connectionFailure: () => this.#failure(),
    });
    this.#calls.add(call);
    void call.ended.then(() => this.#calls.delete(call));
    return call;
  }

  #request(path: string, options: CallOptions): ReturnType<ClientHttp2Session["request"]> {
    const headers: OutgoingHttpHeaders = {
      ...options.metadata?.toHeaders(),
      ":method": "POST",
      ":scheme": this.#options.scheme ?? "http",
      ":authority": this.#options.authority,
      ":path": path,
      "content-type": "application/grpc",
      te: "trailers",
      "user-agent": "opendepot",
    };
    if (options.timeoutMs !== undefined) headers["grpc-timeout"] = grpcTimeout(options.timeoutMs);
    try {
      return this.#session.request(headers, { endStream: false });
    } catch (error) {
      if (!this.#session.closed && !this.#session.destroyed) throw error; // headers that HTTP/2 does not allow
      throw this.#unavailable(`takes no more calls: ${messageOf(error)}`);
    }
  }

  #noteCause(error: unknown): void {
    this.#cause ??= error;
  }

  /** Why the connection is gone; undefined while it lives. */
  #failure(): GrpcError | undefined {
    if (this.#closed.signal.aborted) return this.#closed.signal.reason;
    if (!this.#socket.destroyed && !this.#session.destroyed) return undefined;
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
