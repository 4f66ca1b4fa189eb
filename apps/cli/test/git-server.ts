import { spawn } from "node:child_process";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** A web server of a test. */
export interface WebServer extends AsyncDisposable {
  readonly url: string;
  /** `host:port` */
  readonly host: string;
}

/** What a web server of a test serves. */
export interface Served {
  /** A folder of bare repositories, which `git http-backend` serves under `/git/`. */
  readonly repositories: string;
  /** Whether repositories need a token, and which. */
  readonly token?: string | undefined;
  /** Other files, by path. */
  readonly files: Readonly<Record<string, Uint8Array>>;
}

/** Starts a web server with repositories and files. */
export async function startWebServer(served: Served): Promise<WebServer> {
  const server = createServer((request, response) => answer(served, request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { url: `http://${host}`, host, [Symbol.asyncDispose]: () => close(server) };
}

async function close(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
}

function answer(served: Served, request: IncomingMessage, response: ServerResponse): void {
  const url = new URL(request.url ?? "/", "http://test");
  const file = served.files[url.pathname];
  if (file !== undefined) response.end(file);
  else if (!url.pathname.startsWith("/git/")) response.writeHead(404).end();
  else if (!mayRead(served, request)) response.writeHead(401, { "www-authenticate": "Basic" }).end();
  else runBackend(served.repositories, { request, response, url });
}

function mayRead({ token }: Served, { headers }: IncomingMessage): boolean {
  const [, encoded = ""] = /^basic (.*)$/i.exec(headers.authorization ?? "") ?? [];
  return token === undefined || Buffer.from(encoded, "base64").toString().endsWith(`:${token}`);
}

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly url: URL;
}

/** CGI: the head of the answer is on stdout before its body. */
function runBackend(repositories: string, { request, response, url }: Exchange): void {
  const child = spawn("git", ["http-backend"], {
    env: {
      PATH: process.env["PATH"],
      GIT_PROJECT_ROOT: repositories,
      GIT_HTTP_EXPORT_ALL: "1",
      REQUEST_METHOD: request.method,
      PATH_INFO: url.pathname.slice("/git".length),
      QUERY_STRING: url.search.slice(1),
      CONTENT_TYPE: request.headers["content-type"] ?? "",
      HTTP_CONTENT_ENCODING: request.headers["content-encoding"] ?? "",
      GIT_PROTOCOL: String(request.headers["git-protocol"] ?? ""),
      REMOTE_ADDR: "127.0.0.1",
    },
    stdio: ["pipe", "pipe", "ignore"],
  });
  child.stdin.on("error", () => undefined);
  request.pipe(child.stdin);
  const pieces: Buffer[] = [];
  child.stdout.on("data", (piece: Buffer) => pieces.push(piece));
  child.once("close", () => {
    const output = Buffer.concat(pieces);
    const end = output.indexOf("\r\n\r\n");
    for (const line of output.subarray(0, end).toString().split("\r\n")) {
      const [name = "", value = ""] = line.split(/: (.*)/);
      if (name.toLowerCase() === "status") response.statusCode = Number.parseInt(value, 10);
      else response.setHeader(name, value);
    }
    response.end(output.subarray(end + 4));
  });
}
