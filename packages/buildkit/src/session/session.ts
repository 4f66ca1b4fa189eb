import { type Logger, messageOf, silentLogger } from "@opendepot/base";
import { Control } from "../gen/moby/buildkit/v1/control.ts";
import { randomId } from "../random-id.ts";
import type { Channel, RawCall } from "../rpc/channel.ts";
import { GrpcCode, GrpcError } from "../rpc/grpc-error.ts";
import { Http2Connection } from "../rpc/http2/connection.ts";
import type { HeaderFields } from "../rpc/http2/header-encoder.ts";
import type { Http2Stream } from "../rpc/http2/stream.ts";
import { Metadata } from "../rpc/metadata.ts";
import { healthService } from "./health.ts";
import { refuseCall, serveCall } from "./served-call.ts";
import type { SessionMethod, SessionService } from "./service.ts";
import { Tunnel } from "./tunnel.ts";

/** The patterns of a long `.dockerignore` arrive as headers. */
const MAX_HEADER_LIST_BYTES = 16 * 1024 * 1024;

/** Calls that the engine may have open at once; further ones wait on its side. */
const MAX_CONCURRENT_CALLS = 1_000;

/** How long the engine may take to end its side of the session. */
const CLOSE_LIMIT_MS = 500;

/** What a session offers, and how the engine tells it from others. */
export interface SessionOptions {
  readonly services: readonly SessionService[];
  /**
   * Together with the name of a context it picks the engine's copy of that context, so that only changes are sent.
   * Keep it stable for the same directory on the same machine. Default: none.
   */
  readonly sharedKey?: string | undefined;
  /** For the engine's log. Default: none. */
  readonly name?: string | undefined;
  readonly logger?: Logger | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A session: while it is open, the engine can call the services in it. Disposing ends it. */
export interface Session extends AsyncDisposable {
  /** What a solve names it by. */
  readonly id: string;
  /**
   * Aborts when the session has ended. The reason is a `GrpcError`: `cancelled` after an ordinary end, else why the
   * engine refused it or how it was lost.
   */
  readonly closed: AbortSignal;
}

/**
 * Opens a session on the engine: an HTTP/2 connection inside the call `Control.Session`, on which the engine is the
 * client and we serve. The health service that the engine wants is included.
 * BuildKit: session/session.go, session/grpchijack, session/grpc.go.
 */
export function openSession(channel: Channel, options: SessionOptions): Session {
  const id = randomId();
  const call = channel.open(Control.session.path, {
    metadata: sessionMetadata(id, options),
    signal: options.signal,
  });
  return new HostedSession(id, call, options);
}

class HostedSession implements Session {
  readonly id: string;
  readonly #call: RawCall;
  readonly #methods: ReadonlyMap<string, SessionMethod>;
  readonly #logger: Logger;
  readonly #connection: Http2Connection;
  readonly #closed: AbortController = new AbortController();
  readonly #ended: PromiseWithResolvers<void> = Promise.withResolvers();
  /** Calls whose methods have not returned; an engine that resets its calls cannot have more of them run than allowed. */
  #running = 0;

  constructor(id: string, call: RawCall, { services, logger = silentLogger }: SessionOptions) {
    this.id = id;
    this.#call = call;
    this.#methods = methodTable([...services, healthService]);
    this.#logger = logger;
    const tunnel = new Tunnel(call);
    this.#connection = new Http2Connection(tunnel, {
      side: "server",
      maxHeaderListBytes: MAX_HEADER_LIST_BYTES,
      maxStreams: MAX_CONCURRENT_CALLS,
      onStream: (stream, fields) => this.#serve(stream, fields),
      onClose: (error) => {
        // An end like any other: the engine closes with GOAWAY, or with the call.
        if (error) logger.debug("session connection ended", { cause: messageOf(error) });
      },
    });
    void tunnel.read({
      onData: (data) => this.#connection.receive(data),
      onEnd: (error) => this.#onEnd(error),
    });
  }

  get closed(): AbortSignal {
    return this.#closed.signal;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed.abort(endOfSession());
    const force = setTimeout(() => this.#call.cancel(endOfSession()), CLOSE_LIMIT_MS);
    this.#call.end(); // the engine then ends its side, and with it the call
    await this.#ended.promise;
    clearTimeout(force);
  }

  #onEnd(error: Error | undefined): void {
    this.#connection.lost(error);
    this.#closed.abort(error ?? endOfSession());
    this.#ended.resolve();
  }

  #serve(stream: Http2Stream, fields: HeaderFields): void {
    const path = fields[fields.indexOf(":path") + 1] ?? "";
    const method = this.#methods.get(path.toLowerCase());
    if (!method) {
      refuseCall(stream, new GrpcError(GrpcCode.unimplemented, `${path} is not served in this session`));
      return;
    }
    if (this.#running >= MAX_CONCURRENT_CALLS) {
      refuseCall(stream, new GrpcError(GrpcCode.resourceExhausted, "too many calls run in this session"));
      return;
    }
    this.#running++;
    void serveCall(stream, Metadata.fromRawHeaders(fields), method).then((failure) => {
      this.#running--;
      if (failure) this.#logger.debug("session call failed", { path, code: failure.code, cause: failure.message });
    });
  }
}

function endOfSession(): GrpcError {
  return new GrpcError(GrpcCode.cancelled, "the session has ended");
}

function methodTable(services: readonly SessionService[]): Map<string, SessionMethod> {
  return new Map(
    services.flatMap(({ name, methods }) =>
      Object.entries(methods).map(([method, serve]) => [`/${name}/${method}`.toLowerCase(), serve] as const),
    ),
  );
}

function sessionMetadata(id: string, { services, sharedKey, name }: SessionOptions): Metadata {
  const metadata = new Metadata([["x-docker-expose-session-uuid", id]]);
  if (name) metadata.add("x-docker-expose-session-name", headerText(name));
  metadata.add("x-docker-expose-session-sharedkey", headerText(sharedKey ?? ""));
  for (const service of [...services, healthService]) {
    for (const method of Object.keys(service.methods)) {
      metadata.add("x-docker-expose-session-grpc-method", `/${service.name}/${method}`);
    }
  }
  return metadata;
}

/** Header values are printable ASCII; other characters, as directory names have them, are escaped. */
function headerText(text: string): string {
  return text.toWellFormed().replace(/[^\x20-\x7e]/gu, encodeURIComponent);
}
