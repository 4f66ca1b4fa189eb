import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { isProblem, onAbort, systemCodeOf } from "@opendepot/base";
import { upgradeToGrpc } from "./docker-upgrade.ts";
import type { ClientTls, Endpoint } from "./endpoint.ts";
import { engineSilent, engineUnreachable, engineUntrusted } from "./problems.ts";

/** What dialing takes. */
export interface DialOptions {
  readonly signal?: AbortSignal | undefined;
  /** Limit for the whole way to a connection that can carry HTTP/2. Default: 10,000. */
  readonly timeoutMs?: number | undefined;
}

const DEFAULT_TIMEOUT_MS = 10_000;

/** Idle time after which the kernel asks whether the other machine is still there. */
const KEEP_ALIVE_MS = 15_000;

/**
 * Connects to an engine and makes the connection ready for HTTP/2, which the caller is to speak on it.
 * The caller owns the socket and destroys it.
 *
 * @throws {Problem} `engine_unreachable`, `engine_untrusted` (TLS), `engine_not_buildkit` (Docker Engine without it);
 * or the signal's reason
 */
export async function dial(endpoint: Endpoint, options: DialOptions = {}): Promise<Duplex> {
  const { signal, timeoutMs = DEFAULT_TIMEOUT_MS } = options;
  signal?.throwIfAborted();
  let socket: Socket | undefined;
  const { promise: cut, reject } = Promise.withResolvers<never>();
  cut.catch(() => undefined); // may come before anybody waits for it
  const timer = setTimeout(() => reject(engineSilent(endpoint, timeoutMs)), timeoutMs);
  const aborted = onAbort(signal, reject);
  try {
    socket = await openSocket(endpoint);
    return await Promise.race([prepare(socket, endpoint), cut]);
  } catch (error) {
    socket?.destroy();
    if (isProblem(error) || signal?.aborted) throw error;
    throw isTlsError(error) ? engineUntrusted(endpoint, error) : engineUnreachable(endpoint, error);
  } finally {
    clearTimeout(timer);
    aborted[Symbol.dispose]();
  }
}

async function openSocket(endpoint: Endpoint): Promise<Socket> {
  if (endpoint.kind !== "tcp") return (await import("node:net")).connect({ path: endpoint.path });
  const { host, port, tls } = endpoint;
  if (tls) return openTls(host, port, tls);
  return (await import("node:net")).connect({ host, port });
}

async function openTls(host: string, port: number, tls: ClientTls): Promise<Socket> {
  const { connect } = await import("node:tls"); // costs start-up time that sockets without TLS need not pay
  const { ca, cert, key, serverName } = tls;
  return connect({
    host,
    port,
    ca,
    cert,
    key,
    servername: serverName,
    minVersion: "TLSv1.3",
    ALPNProtocols: ["h2"],
  });
}

async function prepare(socket: Socket, endpoint: Endpoint): Promise<Duplex> {
  await connected(socket, endpoint.kind === "tcp" && endpoint.tls ? "secureConnect" : "connect");
  socket.setNoDelay(true);
  if (endpoint.kind === "tcp") socket.setKeepAlive(true, KEEP_ALIVE_MS);
  if (endpoint.kind === "docker") await upgradeToGrpc(socket, endpoint);
  return socket;
}

async function connected(socket: Socket, event: "connect" | "secureConnect"): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const onClose = (): void => reject(new Error("the connection was closed before it was ready"));
  socket.once(event, resolve);
  socket.once("error", reject);
  socket.once("close", onClose);
  try {
    await promise;
  } finally {
    socket.off(event, resolve);
    socket.off("error", reject);
    socket.off("close", onClose);
    socket.on("error", () => undefined); // from here on told by "close"; without a listener it would end the process
  }
}

/** Whether TLS itself failed, as opposed to the way there. */
function isTlsError(error: unknown): boolean {
  const code = systemCodeOf(error) ?? "";
  return TLS_ERROR.test(code);
}

/** OpenSSL's and Node's codes for refused certificates, names and handshakes. */
const TLS_ERROR =
  /^(?:ERR_SSL_|ERR_TLS_|ERR_OSSL_|CERT_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|HOSTNAME_MISMATCH|INVALID_)/;
