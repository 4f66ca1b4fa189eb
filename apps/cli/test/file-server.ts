import { spawn } from "node:child_process";
import { once } from "node:events";
import { createReadStream } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { runProgram } from "@opendepot/testing";

/** A web server on loopback for contexts that builders fetch. Disposing stops it. */
export interface FileServer extends AsyncDisposable {
  readonly url: string;
}

/** What is served. */
export interface FileServerOptions {
  /** Its files are served by their names, its git repositories by git's smart protocol. */
  readonly folder: string;
  /** The password without which nothing is given out. Default: none. */
  readonly token?: string;
}

/** Starts a server for the files and git repositories of a folder. */
export async function startFileServer({ folder, token }: FileServerOptions): Promise<FileServer> {
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://localhost");
    if (token !== undefined && !mayRead(request, token)) {
      response.writeHead(401, { "www-authenticate": 'Basic realm="test"' }).end();
    } else if (pathname.includes(".git/")) {
      serveGit(folder, request, response);
    } else {
      const file = createReadStream(join(folder, pathname));
      file.once("error", () => response.writeHead(404).end());
      file.once("open", () => file.pipe(response));
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

function mayRead({ headers }: IncomingMessage, token: string): boolean {
  const [kind = "", value = ""] = (headers.authorization ?? "").split(" ");
  const text = kind.toLowerCase() === "basic" ? Buffer.from(value, "base64").toString() : value;
  return text.endsWith(token);
}

/** By git's own program, as CGI: git-http-backend(1). */
function serveGit(folder: string, request: IncomingMessage, response: ServerResponse): void {
  const { pathname, search } = new URL(request.url ?? "/", "http://localhost");
  const env = {
    PATH: process.env["PATH"],
    GIT_PROJECT_ROOT: folder,
    GIT_HTTP_EXPORT_ALL: "1",
    // The repositories of a test belong to whoever runs it.
    GIT_CONFIG_COUNT: "1",
    GIT_CONFIG_KEY_0: "safe.directory",
    GIT_CONFIG_VALUE_0: "*",
    REQUEST_METHOD: request.method,
    PATH_INFO: pathname,
    QUERY_STRING: search.slice(1),
    CONTENT_TYPE: request.headers["content-type"] ?? "",
    GIT_PROTOCOL: String(request.headers["git-protocol"] ?? ""),
    HTTP_CONTENT_ENCODING: request.headers["content-encoding"],
  };
  const backend = spawn("git", ["http-backend"], { env, stdio: ["pipe", "pipe", "ignore"] });
  backend.stdin.on("error", () => undefined);
  request.pipe(backend.stdin);
  const chunks: Buffer[] = [];
  backend.stdout.on("data", (bytes: Buffer) => chunks.push(bytes));
  backend.once("close", () => {
    const answer = Buffer.concat(chunks);
    const end = answer.indexOf("\r\n\r\n");
    const lines = answer.subarray(0, end).toString().split("\r\n");
    const headers = lines.map((line) => line.split(": ") as [string, string]);
    const status = headers.find(([name]) => name === "Status")?.[1] ?? "200";
    response.writeHead(Number.parseInt(status, 10), Object.fromEntries(headers.filter(([name]) => name !== "Status")));
    response.end(answer.subarray(end + 4));
  });
}

/** Makes a bare repository of the files in `source`, on a branch `main`. */
export async function makeRepository(source: string, bare: string): Promise<void> {
  const who = ["-c", "user.name=Test", "-c", "user.email=test@example.com", "-c", "init.defaultBranch=main"];
  for (const args of [
    ["-C", source, "init", "-q", "-b", "main"],
    ["-C", source, "add", "-A"],
    ["-C", source, "commit", "-qm", "all of it"],
    ["clone", "-q", "--bare", source, bare],
  ]) {
    const { code, stderr } = await runProgram(["git", ...who, ...args]);
    if (code !== 0) throw new Error(`git ${args.join(" ")}: ${stderr}`);
  }
}
