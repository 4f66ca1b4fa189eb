import { constants } from "node:crypto";
import { createSecureContext, createServer, type SecureContext, type Server, type TLSSocket } from "node:tls";

import type { Authority } from "./authority.ts";
import type { Caller } from "./contract.ts";
import { builderIdOf, buildIdOf, serverNameOf } from "./names.ts";
import type { GatewayLimits } from "./options.ts";
import { builderIdInvalid } from "./problems.ts";

/** Server certificates are renewed when less than this is left of them. */
const RENEW_BEFORE_MS = 10 * 24 * 60 * 60_000;
/** Certificates that are kept ready; a client may ask for any builder's name. */
const MAX_CONTEXTS = 1_000;

/** How long a refused client may take to be told why. */
const ALERT_LIMIT_MS = 250;

/** What the TLS layer needs of a gateway. */
export interface TlsFrontOptions {
  readonly authority: Authority;
  readonly limits: GatewayLimits;
  /** Called for each client that proved which build it acts for; owns the socket from then on. */
  readonly onCaller: (socket: TLSSocket, caller: Caller) => void;
}

/**
 * Makes the TLS server in front of engines: TLS 1.3, the builder chosen by server name, and a client certificate of
 * our authority demanded. Whoever fails in this is dropped by the TLS layer. The caller listens and closes.
 */
export function createTlsFront({ authority, limits, onCaller }: TlsFrontOptions): Server {
  const contexts = new ServerContexts(authority);
  const server = createServer({
    minVersion: "TLSv1.3",
    ca: authority.caPem,
    requestCert: true,
    rejectUnauthorized: true,
    // Clients that offer ALPN must offer this; some offer none, which passes.
    ALPNProtocols: ["h2"],
    // A resumed session would not show its certificate again, and builds make few connections.
    secureOptions: constants.SSL_OP_NO_TICKET,
    handshakeTimeout: limits.handshakeTimeoutMs,
    noDelay: true,
    SNICallback: (serverName, done) => {
      contexts.get(serverName).then(
        (context) => done(null, context),
        (error: Error) => done(error),
      );
    },
  });
  server.maxConnections = limits.maxConnections;
  server.on("secureConnection", (socket) => {
    socket.on("error", () => undefined);
    const caller = callerOf(socket);
    if (caller && !socket.destroyed) onCaller(socket, caller);
    else socket.destroy();
  });
  // Node leaves a socket open whose handshake took too long; others may still have their alert to send.
  server.on("tlsClientError", (_error, socket) => {
    setTimeout(() => socket.destroy(), ALERT_LIMIT_MS).unref();
  });
  return server;
}

function callerOf(socket: TLSSocket): Caller | undefined {
  const builderId = typeof socket.servername === "string" ? builderIdOf(socket.servername) : undefined;
  const certificate = socket.getPeerX509Certificate();
  const buildId = certificate && buildIdOf(certificate);
  return socket.authorized && builderId && buildId ? { buildId, builderId } : undefined;
}

interface ServerContext {
  readonly context: SecureContext;
  readonly expiresAt: Date;
}

/** A certificate for each builder's name, issued when first asked for. */
class ServerContexts {
  readonly #authority: Authority;
  readonly #contexts = new Map<string, Promise<ServerContext>>();

  constructor(authority: Authority) {
    this.#authority = authority;
  }

  async get(serverName: string): Promise<SecureContext> {
    const builderId = builderIdOf(serverName);
    if (!builderId) throw builderIdInvalid(serverName.slice(0, 100));
    const known = await this.#contexts.get(builderId);
    if (known && known.expiresAt.getTime() - Date.now() > RENEW_BEFORE_MS) return known.context;
    return (await this.#renew(builderId)).context;
  }

  async #renew(builderId: string): Promise<ServerContext> {
    const issuing = this.#issue(builderId);
    this.#contexts.set(builderId, issuing);
    const [oldest] = this.#contexts.keys();
    if (this.#contexts.size > MAX_CONTEXTS && oldest !== undefined) this.#contexts.delete(oldest);
    try {
      return await issuing;
    } catch (error) {
      this.#contexts.delete(builderId);
      throw error;
    }
  }

  async #issue(builderId: string): Promise<ServerContext> {
    const { certPem, keyPem, expiresAt } = await this.#authority.issueServer(serverNameOf(builderId));
    const context = createSecureContext({
      minVersion: "TLSv1.3",
      cert: certPem,
      key: keyPem,
      ca: this.#authority.caPem,
      secureOptions: constants.SSL_OP_NO_TICKET,
    });
    return { context, expiresAt };
  }
}
