import { once } from "node:events";
import { createServer, type IncomingMessage, request as requestHttp, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** What becomes of a request: it goes through, gets HTTP 500, is cut off, or is never answered. */
export type Fate = "pass" | "fail" | "reset" | "hang";

/** A registry with trouble on the way to it. Disposing ends the way, not the registry. */
export interface RegistryFront extends AsyncDisposable {
  /** `127.0.0.1:port` */
  readonly host: string;
  /** What has been asked for, as `METHOD /path`. */
  readonly requests: readonly string[];
  /** Requests that hang. */
  hanging(): number;
}

/** Stands before the registry at `behind` and decides of each request. */
export async function startRegistryFront(
  behind: string,
  decide: (method: string, path: string) => Fate,
): Promise<RegistryFront> {
  const requests: string[] = [];
  let hanging = 0;
  const server = createServer((request, response) => {
    const [method, path] = [request.method ?? "", request.url ?? ""];
    requests.push(`${method} ${path}`);
    const fate = decide(method, path);
    if (fate === "pass") forward(behind, request, response);
    else if (fate === "fail") request.resume().once("end", () => response.writeHead(500).end("trouble"));
    else if (fate === "reset") request.socket.resetAndDestroy();
    else hanging++;
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    hanging: () => hanging,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

function forward(behind: string, request: IncomingMessage, response: ServerResponse): void {
  const { method, url, headers } = request;
  const onward = requestHttp(`http://${behind}${url}`, { method, headers }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(response);
  });
  onward.once("error", () => response.destroy());
  request.pipe(onward);
}
