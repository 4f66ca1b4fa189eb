import type { ServerHttp2Session, ServerHttp2Stream } from "node:http2";
import type { Duplex } from "node:stream";
import { type Logger, messageOf, silentLogger } from "@opendepot/base";
import { Control } from "../gen/moby/buildkit/v1/control.ts";
import { sessionHeadersTooLong } from "../problems.ts";
import { randomId } from "../random-id.ts";
import type { Channel, RawCall } from "../rpc/channel.ts";
import { GrpcCode, GrpcError } from "../rpc/grpc-error.ts";
import {
  CONNECTION_WINDOW_BYTES,
  localSettings,
  MAX_HEADER_PAIRS,
  MAX_SEND_HEADER_BYTES,
  MAX_SESSION_MEMORY_MB,
} from "../rpc/http2-settings.ts";
import { Metadata } from "../rpc/metadata.ts";
import { healthService } from "./health.ts";
import { refuseCall, serveCall } from "./served-call.ts";
import type { SessionMethod, SessionService } from "./service.ts";
import { openTunnel } from "./tunnel.ts";

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
   * engine refused it or how it was lost; or the {@link Problem} `session_headers_too_long`.
   */
  readonly closed: AbortSignal;
}

/**
 * Opens a session on the engine: an HTTP/2 connection inside the call `Control.Session`, on which the engine is the
 * client and we serve. The health service that the engine wants is included.
 * BuildKit: session/session.go, session/grpchijack, session/grpc.go.
 */
export async function openSession(channel: Channel, options: SessionOptions): Promise<Session> {
  const { performServerHandshake } = await import("node:http2");
  const id = randomId();
  const methods = methodTable([...options.services, healthService]);
  const call = channel.open(Control.session.path, {
    metadata: sessionMetadata(id, options),
    signal: options.signal,
  });
  const tunnel = openTunnel(call);
  const server = performServerHandshake(tunnel, {
    settings: {
      ...localSettings(MAX_HEADER_LIST_BYTES),
      maxConcurrentStreams: MAX_CONCURRENT_CALLS,
    },
    maxHeaderListPairs: MAX_HEADER_PAIRS,
    maxSessionMemory: MAX_SESSION_MEMORY_MB,
    maxSendHeaderBlockLength: MAX_SEND_HEADER_BYTES,
  });
  return new HostedSession(id, { call, tunnel, server, methods, logger: options.logger ?? silentLogger });
}

interface SessionParts {
  readonly call: RawCall;
  readonly tunnel: Duplex;
  readonly server: ServerHttp2Session;
  readonly methods: ReadonlyMap<string, SessionMethod>;
  readonly logger: Logger;
}

class HostedSession implements Session {
  readonly id: string;
  readonly #parts: SessionParts;
  readonly #closed: AbortController = new AbortController();

  constructor(id: string, parts: SessionParts) {
    this.id = id;
    this.#parts = parts;
    const { tunnel, server, logger } = parts;
    server.setLocalWindowSize(CONNECTION_WINDOW_BYTES);
    server.on("error", (error) => {
      // Node's HTTP/2 library takes eight CONTINUATION frames, of 16 KiB each as Go sends them, and no setting changes that.
      if (error.message.includes("CONTINUATION")) this.#closed.abort(sessionHeadersTooLong(error));
      // Anything else is an end like any other: Go's clients close with a GOAWAY that Node takes for a protocol error.
      logger.debug("session connection ended", { cause: messageOf(error) });
    });
    server.on("stream", (stream, _headers, _flags, raw) => this.#serve(stream, raw));
    tunnel.on("error", (error) => this.#closed.abort(error));
    tunnel.once("close", () => {
      server.destroy();
      setImmediate(() => this.#closed.abort(endOfSession())); // an error of the connection comes after its end
    });
  }

  get closed(): AbortSignal {
    return this.#closed.signal;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { tunnel, call } = this.#parts;
    this.#closed.abort(endOfSession());
    if (tunnel.destroyed) return;
    const { promise: gone, resolve } = Promise.withResolvers<void>();
    tunnel.once("close", () => resolve());
    const force = setTimeout(() => tunnel.destroy(), CLOSE_LIMIT_MS);
    call.end(); // the engine then ends its side, and with it the tunnel
    await gone;
    clearTimeout(force);
  }

  #serve(stream: ServerHttp2Stream, rawHeaders: readonly string[]): void {
    const path = pathOf(rawHeaders);
    const method = this.#parts.methods.get(path.toLowerCase());
    if (!method) {
      refuseCall(stream, new GrpcError(GrpcCode.unimplemented, `${path} is not served in this session`));
      return;
    }
    const served = serveCall(stream, Metadata.fromRawHeaders(rawHeaders), method);
    void served.then((failure) => {
      if (failure)
        this.#parts.logger.debug("session call failed", { path, code: failure.code, cause: failure.message });
    });
  }
}

function endOfSession(): GrpcError {
  return new GrpcError(GrpcCode.cancelled, "the session has ended");
}

function pathOf(rawHeaders: readonly string[]): string {
  const at = rawHeaders.indexOf(":path");
  return rawHeaders[at + 1] ?? "";
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
