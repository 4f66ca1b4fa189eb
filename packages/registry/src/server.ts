import { once } from "node:events";
import { createServer as createHttpServer, type Server } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import { listenFailed } from "./problems.ts";
import type { Registry } from "./registry.ts";

/** Where a registry listens. Disposing refuses new requests, lets running ones end for a moment, and cuts the rest. */
export interface RegistryServer extends AsyncDisposable {
  /** `host:port`, the beginning of image names. */
  readonly host: string;
  readonly url: URL;
}

/** What {@link serveRegistry} takes. */
export interface RegistryServerOptions {
  /** `127.0.0.1` unless given. */
  readonly host?: string | undefined;
  /** A free one unless given. */
  readonly port?: number | undefined;
  /** PEM; plain HTTP unless given. */
  readonly tls?: { readonly cert: string; readonly key: string } | undefined;
}

/** A thousand ranges of a large layer, as partial pulls ask for, are more than the 16 KiB that Node.js takes. */
const MAX_HEADER_BYTES = 64 * 1024;
const HEADERS_TIMEOUT_MS = 30_000;
const KEEP_ALIVE_MS = 75_000;
const STOP_MS = 5_000;

/** Serves a registry on a port of its own. HTTP/1.1: Node.js receives large blobs much faster over it than over HTTP/2. */
export async function serveRegistry(registry: Registry, options: RegistryServerOptions = {}): Promise<RegistryServer> {
  const { host = "127.0.0.1", port = 0, tls } = options;
  const limits = { maxHeaderSize: MAX_HEADER_BYTES };
  const server: Server = tls
    ? createHttpsServer({ ...limits, ...tls, minVersion: "TLSv1.2" })
    : createHttpServer(limits);
  server.requestTimeout = 0; // a large blob takes long; clients that send nothing are cut by the registry
  server.headersTimeout = HEADERS_TIMEOUT_MS;
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  server.on("request", (request, response) => {
    const path = request.url?.split("?")[0] ?? "/";
    if (registry.owns(path)) void registry.handle(request, response);
    else response.writeHead(404, { "content-length": "0" }).end();
  });
  server.listen(port, host);
  try {
    await once(server, "listening");
  } catch (cause) {
    throw listenFailed(`${host}:${port}`, cause);
  }
  const address = server.address();
  const actual = typeof address === "object" && address !== null ? address.port : port;
  const url = new URL(`${tls ? "https" : "http"}://${host.includes(":") ? `[${host}]` : host}:${actual}`);
  let closing: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    const closed = once(server, "close");
    server.close();
    server.closeIdleConnections();
    const timer = setTimeout(() => server.closeAllConnections(), STOP_MS);
    await closed;
    clearTimeout(timer);
  };
  return {
    host: url.host,
    url,
    [Symbol.asyncDispose]: () => {
      closing ??= close();
      return closing;
    },
  };
}
