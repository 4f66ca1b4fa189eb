import { once } from "node:events";
import { type AddressInfo, connect } from "node:net";
import { createServer, type TLSSocket } from "node:tls";
import type { Endpoint } from "../endpoint.ts";
import type { KeyPem } from "./certificates.ts";

/** Where a pipe leads. */
export type PipeTarget = { readonly path: string } | { readonly host: string; readonly port: number };

/** A mutual TLS 1.3 server that pipes bytes to another address. */
export interface TlsPipe extends AsyncDisposable {
  readonly address: { readonly host: string; readonly port: number };
  /** What the last client asked for: its SNI and the protocol agreed on. */
  readonly last: { readonly serverName: unknown; readonly protocol: unknown; readonly version: unknown } | undefined;
}

/** Starts a {@link TlsPipe} that accepts clients signed by `ca` only. */
export async function startTlsPipe(target: PipeTarget, tls: KeyPem & { readonly ca: string }): Promise<TlsPipe> {
  let last: TlsPipe["last"];
  const sockets = new Set<{ destroy(): void }>();
  const server = createServer({ ...tls, requestCert: true, minVersion: "TLSv1.3", ALPNProtocols: ["h2"] });
  server.on("secureConnection", (socket: TLSSocket & { servername?: unknown }) => {
    last = { serverName: socket.servername, protocol: socket.alpnProtocol, version: socket.getProtocol() };
    const engine = connect(target);
    for (const [one, other] of [
      [socket, engine],
      [engine, socket],
    ] as const) {
      sockets.add(one);
      one.on("error", () => undefined);
      one.once("close", () => other.destroy());
      one.pipe(other);
    }
  });
  server.on("tlsClientError", () => undefined);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    address: { host: "127.0.0.1", port: (server.address() as AddressInfo).port },
    get last() {
      return last;
    },
    async [Symbol.asyncDispose](): Promise<void> {
      for (const socket of sockets) socket.destroy();
      const { promise, resolve } = Promise.withResolvers<void>();
      server.close(() => resolve());
      await promise;
    },
  };
}

/** The pipe as an endpoint for `clientTls`. */
export function tlsEndpoint(pipe: TlsPipe, tls: NonNullable<(Endpoint & { kind: "tcp" })["tls"]>): Endpoint {
  return { kind: "tcp", ...pipe.address, tls };
}
