import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createH2Server, type Http2Server, type ServerHttp2Session } from "node:http2";
import { createServer as createTlsServer, type Server as TlsServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import type { Logger } from "@opendepot/base";
import type { NodeHandlerFn } from "./handler.ts";
import { sniffProtocol } from "./sniff.ts";
import type { TlsIdentity } from "./tls.ts";

/** A port that speaks HTTP/1.1 and HTTP/2 at once: in cleartext with prior knowledge, over TLS as the client offers. */
export interface OnePort extends AsyncDisposable {
  readonly host: string;
  readonly port: number;
  /** Takes another certificate for connections that come from now on; for TLS only. */
  renew(identity: TlsIdentity): void;
}

export interface OnePortOptions {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** Makes the handler when the address is known. */
  readonly createHandler: (address: { readonly host: string; readonly port: number }) => NodeHandlerFn;
  readonly logger: Logger;
  /** Default: cleartext. */
  readonly tls?: TlsIdentity | undefined;
  /** For a connection's first bytes; default 10,000. */
  readonly sniffTimeoutMs?: number;
  /** For requests under way when disposed of; default 2,000. */
  readonly closeTimeoutMs?: number;
}

const H2_WINDOW_BYTES = 1024 * 1024;
/** Whoever pulls a part of an image asks for up to 1024 ranges at once; over HTTP/2 that is Node's default. */
const MAX_HEADER_BYTES = 64 * 1024;
/** The first that the client offers too is taken. Node takes in large blobs several times faster over HTTP/1.1. */
const ALPN_PROTOCOLS = ["http/1.1", "h2"];

/**
 * Listens. Disposing takes no new connections, lets requests under way end within a limit, then cuts them.
 *
 * @throws the system's error when the address cannot be listened on
 */
export async function listenOnePort(options: OnePortOptions): Promise<OnePort> {
  const h2 = createH2Server({ settings: { maxConcurrentStreams: 256, initialWindowSize: H2_WINDOW_BYTES } });
  // Long uploads are legitimate; what is limited is the time for the headers (Node's default: 60 s).
  const common = { requestTimeout: 0, maxHeaderSize: MAX_HEADER_BYTES, noDelay: true, keepAlive: true };
  const tls = options.tls && ({ ...options.tls, minVersion: "TLSv1.2", ALPNProtocols: ALPN_PROTOCOLS } as const);
  const secure = tls && createTlsServer({ ...common, ...tls });
  const h1 = secure ?? createServer(common);
  const sessions = trackSessions(h2, options.logger);
  const sockets = secure ? routeSecureConnections(secure, h2) : routeConnections(h1, h2, options);
  await new Promise<void>((resolve, reject) => {
    h1.once("error", reject);
    h1.listen({ host: options.host, port: options.port }, () => {
      h1.off("error", reject);
      resolve();
    });
  });
  const { port } = h1.address() as AddressInfo;
  const handler = options.createHandler({ host: options.host, port });
  h1.on("request", (request: IncomingMessage, response: ServerResponse) => handler(request, response));
  h2.on("request", handler);
  let closing: Promise<void> | undefined;
  return {
    host: options.host,
    port,
    renew: (identity) => secure?.setSecureContext({ ...identity, minVersion: "TLSv1.2" }),
    [Symbol.asyncDispose]: () => {
      closing ??= close(h1, sessions, sockets, options.closeTimeoutMs ?? 2000);
      return closing;
    },
  };
}

/** Puts the sniffer between the socket and the two servers. HTTP/1's server listens, so its own timeouts apply. */
function routeConnections(h1: Server, h2: Http2Server, options: OnePortOptions): ReadonlySet<Socket> {
  const sockets = new Set<Socket>();
  const serveH1 = h1.listeners("connection") as ((socket: Socket) => void)[];
  h1.removeAllListeners("connection");
  h1.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
    sniffProtocol(socket, options.sniffTimeoutMs ?? 10_000, (protocol) => {
      if (protocol === "h2") return h2.emit("connection", socket);
      for (const serve of serveH1) serve.call(h1, socket);
      return socket.resume();
    });
  });
  return sockets;
}

/** What the client and we have agreed on decides. HTTPS's server listens, so its own timeouts apply. */
function routeSecureConnections(h1: TlsServer, h2: Http2Server): ReadonlySet<Socket> {
  const sockets = new Set<Socket>();
  const serveH1 = h1.listeners("secureConnection") as ((socket: TLSSocket) => void)[];
  h1.removeAllListeners("secureConnection");
  h1.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  h1.on("secureConnection", (socket: TLSSocket) => {
    if (socket.alpnProtocol === "h2") return h2.emit("connection", socket);
    for (const serve of serveH1) serve.call(h1, socket);
    return true;
  });
  return sockets;
}

function trackSessions(h2: Http2Server, logger: Logger): ReadonlySet<ServerHttp2Session> {
  const sessions = new Set<ServerHttp2Session>();
  h2.on("session", (session) => {
    sessions.add(session);
    session.once("close", () => sessions.delete(session));
  });
  // A client that breaks its connection is its own affair.
  h2.on("sessionError", (error) => logger.debug("HTTP/2 session error", { error: error.message }));
  return sessions;
}

async function close(
  h1: Server,
  sessions: ReadonlySet<ServerHttp2Session>,
  sockets: ReadonlySet<Socket>,
  timeoutMs: number,
): Promise<void> {
  const closed = new Promise<void>((resolve) => h1.close(() => resolve()));
  h1.closeIdleConnections();
  for (const session of sessions) session.close();
  const timer = setTimeout(() => {
    for (const socket of sockets) socket.destroy();
  }, timeoutMs);
  await closed;
  clearTimeout(timer);
}
