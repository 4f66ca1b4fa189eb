import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DockerAddress } from "../address.ts";

/** Answers one kind of request. */
export type FakeAnswer = (request: IncomingMessage, response: ServerResponse) => unknown;

/** A Docker on a socket of its own that answers what a test makes it answer, and 404 otherwise. */
export class FakeDocker implements AsyncDisposable {
  readonly socket: string;
  /** `METHOD path` of each request so far. */
  readonly seen: string[] = [];
  /** By `METHOD /path`, without the query. */
  readonly answers: Map<string, FakeAnswer> = new Map();
  readonly #server: Server;
  readonly #folder: string;

  private constructor(folder: string, server: Server) {
    this.#folder = folder;
    this.#server = server;
    this.socket = join(folder, "docker.sock");
  }

  static async start(): Promise<FakeDocker> {
    const server = createServer();
    const docker = new FakeDocker(await mkdtemp(join(tmpdir(), "od-fake-docker-")), server);
    server.on("request", (request, response) => docker.#answer(request, response));
    await new Promise<void>((resolve) => server.listen(docker.socket, resolve));
    return docker;
  }

  get address(): DockerAddress {
    return { kind: "unix", path: this.socket };
  }

  /** Answers with JSON. */
  answerJson(route: string, value: unknown, status = 200): void {
    this.answers.set(route, (_, response) => response.writeHead(status).end(JSON.stringify(value)));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
    await rm(this.#folder, { recursive: true, force: true });
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const { method = "", url = "" } = request;
    this.seen.push(`${method} ${url}`);
    const answer = this.answers.get(`${method} ${url.split("?", 1)[0]}`);
    if (answer) answer(request, response);
    else response.writeHead(404).end(JSON.stringify({ message: "no such thing" }));
  }
}
