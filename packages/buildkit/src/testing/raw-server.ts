import { once } from "node:events";
import { createServer, type ListenOptions, type Socket } from "node:net";

/** A server that speaks whatever the test wants. */
export interface RawServer extends AsyncDisposable {
  /** 0 on a unix socket. */
  readonly port: number;
}

/** Listens on `where`, or on a free port of 127.0.0.1; disposing cuts every connection. */
export async function startRawServer(
  onConnection: (socket: Socket) => void,
  where: ListenOptions = { host: "127.0.0.1", port: 0 },
): Promise<RawServer> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    onConnection(socket);
  });
  server.listen(where);
  await once(server, "listening");
  const address = server.address();
  return {
    port: typeof address === "object" && address ? address.port : 0,
    async [Symbol.asyncDispose](): Promise<void> {
      for (const socket of sockets) socket.destroy();
      const { promise, resolve } = Promise.withResolvers<void>();
      server.close(() => resolve());
      await promise;
    },
  };
}
