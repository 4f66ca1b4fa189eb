import { type Logger, silentLogger } from "@opendepot/base";

import type { Authority } from "./authority.ts";
import type { GatewayHost } from "./contract.ts";

/** What one gateway, one build and one call may take up. */
export interface GatewayLimits {
  /** For the TLS handshake; 10,000 unless given. */
  readonly handshakeTimeoutMs: number;
  /** Open connections of all clients; further ones are dropped. 4,096 unless given. */
  readonly maxConnections: number;
  /** Open connections of one build; calls on further ones are refused. 32 unless given. */
  readonly maxConnectionsPerBuild: number;
  /** Calls under way on one connection, told to clients as HTTP/2's limit. 256 unless given. */
  readonly maxCallsPerConnection: number;
  /** Calls under way of one build; further ones are refused. 1,024 unless given. */
  readonly maxCallsPerBuild: number;
  /** Session streams under way of one build; further ones are refused. 128 unless given. */
  readonly maxSessionsPerBuild: number;
  /** Bytes of requests that are held for reading, for one build; 64 MiB unless given. */
  readonly maxHeldBytesPerBuild: number;
  /** Headers or trailers of one message; 1 MiB unless given. */
  readonly maxHeaderBytes: number;
  /** How long a call waits for the solve or session it names; 5,000 unless given. BuildKit itself waits about as long. */
  readonly claimTimeoutMs: number;
  /** For the host's answer and the engine's socket together; 30,000 unless given. */
  readonly engineTimeoutMs: number;
  /** How often a silent peer is asked for a sign of life; 30,000 unless given. One that is silent until the next is cut. */
  readonly pingIntervalMs: number;
}

/** What {@link startGateway} takes. */
export interface GatewayOptions {
  /** Where to listen; `127.0.0.1` and a free port unless given. */
  readonly listen?: { readonly host?: string | undefined; readonly port?: number | undefined } | undefined;
  readonly authority: Authority;
  readonly host: GatewayHost;
  /** Silent unless given. */
  readonly logger?: Logger | undefined;
  /** Entitlements that a solve may ask for, for instance `network.host`; none unless given. */
  readonly allowedEntitlements?: readonly string[] | undefined;
  readonly limits?: Partial<GatewayLimits> | undefined;
}

/** {@link GatewayOptions} with everything filled in. */
export interface ResolvedGateway {
  readonly listen: { readonly host: string; readonly port: number };
  readonly authority: Authority;
  readonly host: GatewayHost;
  readonly logger: Logger;
  readonly allowedEntitlements: ReadonlySet<string>;
  readonly limits: GatewayLimits;
}

const DEFAULT_LIMITS: GatewayLimits = {
  handshakeTimeoutMs: 10_000,
  maxConnections: 4096,
  maxConnectionsPerBuild: 32,
  maxCallsPerConnection: 256,
  maxCallsPerBuild: 1024,
  maxSessionsPerBuild: 128,
  maxHeldBytesPerBuild: 64 * 1024 * 1024,
  maxHeaderBytes: 1024 * 1024,
  claimTimeoutMs: 5_000,
  engineTimeoutMs: 30_000,
  pingIntervalMs: 30_000,
};

/** Fills in the defaults. */
export function resolveGatewayOptions(options: GatewayOptions): ResolvedGateway {
  return Object.freeze({
    listen: { host: options.listen?.host ?? "127.0.0.1", port: options.listen?.port ?? 0 },
    authority: options.authority,
    host: options.host,
    logger: options.logger ?? silentLogger,
    allowedEntitlements: new Set(options.allowedEntitlements),
    limits: { ...DEFAULT_LIMITS, ...options.limits },
  });
}
