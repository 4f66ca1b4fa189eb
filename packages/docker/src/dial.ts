import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { DockerAddress, DockerTls } from "./address.ts";
import type { SshOptions } from "./stdio-socket.ts";

/** Opens a connection to a Docker; the caller owns it. What fails is told by the stream's `error`, or by rejecting. */
export async function dialDocker(address: DockerAddress, ssh: SshOptions): Promise<Duplex> {
  switch (address.kind) {
    case "unix":
      return (await import("node:net")).connect({ path: address.path });
    case "tcp":
      return await dialTcp(address.host, address.port, address.tls);
    case "ssh":
      return await (await import("./stdio-socket.ts")).openSsh(address, ssh);
  }
}

async function dialTcp(host: string, port: number, tls: DockerTls | undefined): Promise<Socket> {
  if (!tls) return (await import("node:net")).connect({ host, port });
  const { connect } = await import("node:tls"); // costs start-up time that sockets without TLS need not pay
  const { ca, cert, key, skipsVerify = false } = tls;
  return connect({ host, port, ca, cert, key, servername: host, rejectUnauthorized: !skipsVerify });
}
