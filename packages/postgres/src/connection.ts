import { constants, open } from "node:fs/promises";
import { join } from "node:path";
import { Problem } from "@opendepot/base";
import { dataDirUnusable } from "./problems.ts";
import { socketName } from "./server-settings.ts";

/** Room for a socket's path in `sockaddr_un` without the final zero byte. */
const maxPathBytes = process.platform === "linux" ? 107 : 103;

/** A way to the server's socket. Disposing closes what keeps the way open. */
export interface Connection extends AsyncDisposable {
  readonly connectionString: string;
}

/**
 * Finds a way to the socket in `clusterDir` that is short enough for a socket's address: the path itself, else
 * one through a handle of this process, which holds as long as the process lives.
 *
 * @throws {Problem} `data_dir_unusable` when the path is too long and the system has no `/proc`
 */
export async function openConnection(clusterDir: string): Promise<Connection> {
  if (Buffer.byteLength(join(clusterDir, socketName)) <= maxPathBytes) {
    return { connectionString: toUrl(clusterDir), [Symbol.asyncDispose]: async () => undefined };
  }
  if (process.platform !== "linux") {
    throw dataDirUnusable(clusterDir, new Problem("path_too_long", `its path is longer than ${maxPathBytes} bytes`));
  }
  const handle = await open(clusterDir, constants.O_RDONLY | constants.O_DIRECTORY);
  const connectionString = toUrl(`/proc/${process.pid}/fd/${handle.fd}`);
  return { connectionString, [Symbol.asyncDispose]: () => handle.close() };
}

/** Port and TLS are spelt out because clients would otherwise take them from their environment. */
function toUrl(folder: string): string {
  return `postgresql://postgres@${encodeURIComponent(folder)}:5432/postgres?sslmode=disable`;
}
