import type { AddressInfo, Socket } from "node:net";
import type { Server } from "node:tls";

import { BuildScopes } from "./build-scope.ts";
import { ClientConnection } from "./client-connection.ts";
import { type GatewayOptions, type ResolvedGateway, resolveGatewayOptions } from "./options.ts";
import { listenFailed } from "./problems.ts";
import { StatusTaps } from "./status-taps.ts";
import { createTlsFront } from "./tls-front.ts";

/** A running gateway. Disposing ends every call with a clear status and closes all connections. */
export interface Gateway extends AsyncDisposable {
  /** Where clients reach it. */
  readonly address: { readonly host: string; readonly port: number };
}

/**
 * Starts the front of engines: ends the clients' mutual TLS and HTTP/2, asks the host whether the build may come in,
 * and lets it do only what a build may do to its own engine. What the engine says of each solve is told to the host.
 *
 * @throws {Problem} `gateway_listen_failed`
 */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const gateway = resolveGatewayOptions(options);
  const { authority, limits } = gateway;
  const taps = new StatusTaps();
  const parts = { gateway, taps, scopes: new BuildScopes(limits) };
  const connections = new Set<ClientConnection>();
  const server = createTlsFront({
    authority,
    limits,
    onCaller: (socket, caller) => {
      const connection = new ClientConnection(socket, caller, parts);
      connections.add(connection);
      connection.closed.addEventListener("abort", () => connections.delete(connection), { once: true });
    },
  });
  const sockets = trackSockets(server);
  const address = await listen(server, gateway);
  return {
    address,
    [Symbol.asyncDispose]: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      await Promise.all([...connections].map((connection) => connection[Symbol.asyncDispose]()));
      for (const socket of sockets) socket.destroy();
      await Promise.all([closed, taps[Symbol.asyncDispose]()]);
    },
  };
}

/** All sockets, also those that are still in their handshake. */
function trackSockets(server: Server): ReadonlySet<Socket> {
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  return sockets;
}

async function listen(server: Server, { listen: { host, port } }: ResolvedGateway): Promise<Gateway["address"]> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once("error", (cause) => reject(listenFailed(`${host}:${port}`, cause)));
  server.listen({ host, port }, resolve);
  await promise;
  const { address, port: bound } = server.address() as AddressInfo;
  return { host: address, port: bound };
}
