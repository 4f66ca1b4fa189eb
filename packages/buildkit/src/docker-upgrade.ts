import type { Socket } from "node:net";
import type { Endpoint } from "./endpoint.ts";
import { engineNotBuildkit } from "./problems.ts";

/** The largest answer head taken; Docker's has a few hundred bytes. */
const MAX_HEAD_BYTES = 16 * 1024;

const REQUEST =
  "POST /grpc HTTP/1.1\r\nHost: docker\r\nConnection: Upgrade\r\nUpgrade: h2c\r\nContent-Length: 0\r\n\r\n";

/**
 * Turns a connection to Docker Engine into one to the BuildKit inside it: `POST /grpc` is answered with 101, then the
 * socket speaks cleartext HTTP/2. Docker Engine API, "Start a hijacked grpc connection".
 *
 * Written by hand because `node:http` costs more start-up time than the upgrade itself.
 *
 * @throws {Problem} `engine_not_buildkit` when the answer is another one
 */
export async function upgradeToGrpc(socket: Socket, endpoint: Endpoint): Promise<void> {
  socket.write(REQUEST);
  const head = await readHead(socket, endpoint);
  const statusLine = head.slice(0, head.indexOf("\r\n"));
  if (!/^HTTP\/1\.1 101\b/.test(statusLine)) {
    throw engineNotBuildkit(endpoint, `Docker Engine answered "${statusLine}" to the upgrade`);
  }
}

/** Reads up to the empty line; what follows it goes back to the socket, as it is HTTP/2 already. */
async function readHead(socket: Socket, endpoint: Endpoint): Promise<string> {
  let received: Buffer = Buffer.alloc(0);
  for (;;) {
    const chunk = await nextChunk(socket, endpoint);
    received = Buffer.concat([received, chunk]);
    const end = received.indexOf("\r\n\r\n");
    if (end >= 0) {
      const rest = received.subarray(end + 4);
      if (rest.length > 0) socket.unshift(rest);
      return received.toString("latin1", 0, end + 2);
    }
    if (received.length > MAX_HEAD_BYTES) throw engineNotBuildkit(endpoint, "its answer to the upgrade does not end");
  }
}

async function nextChunk(socket: Socket, endpoint: Endpoint): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const onEnd = (): void => reject(engineNotBuildkit(endpoint, "the connection was closed instead of upgraded"));
  const buffered: Buffer | null = socket.read();
  if (buffered) return buffered;
  socket.once("readable", resolve);
  socket.once("close", onEnd);
  socket.once("end", onEnd);
  try {
    await promise;
    return socket.read() ?? Buffer.alloc(0);
  } finally {
    socket.off("readable", resolve);
    socket.off("close", onEnd);
    socket.off("end", onEnd);
  }
}
