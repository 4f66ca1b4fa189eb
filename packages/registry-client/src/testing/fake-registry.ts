import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** One request that the registry has seen. */
export interface SeenRequest {
  readonly method: string;
  /** With the query. */
  readonly path: string;
  readonly authorization: string | undefined;
  readonly headers: IncomingMessage["headers"];
  readonly body: Buffer;
}

/** Answers a request instead of the registry; false leaves it to the registry. */
export type Override = (request: SeenRequest, response: ServerResponse) => boolean | Promise<boolean>;

/** How the registry knows its visitors. */
export type FakeAccess =
  | { readonly kind: "open" }
  | { readonly kind: "basic"; readonly username: string; readonly password: string }
  | {
      readonly kind: "bearer";
      readonly username: string;
      readonly password: string;
      /** Statuses with which the token server answers POSTs; 200 when undefined. */
      readonly postStatus?: number | undefined;
    };

/** A registry in memory that does what the specification says, and whatever a test makes of it. */
export class FakeRegistry implements AsyncDisposable {
  readonly seen: SeenRequest[] = [];
  readonly blobs: Map<string, Buffer> = new Map();
  readonly manifests: Map<string, { readonly mediaType: string; readonly bytes: Buffer }> = new Map();
  /** Asked before the registry answers, the first one first. */
  readonly overrides: Override[] = [];
  access: FakeAccess = { kind: "open" };
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async start(): Promise<FakeRegistry> {
    const server = createServer();
    const registry = new FakeRegistry(server);
    server.on("request", (request, response) => void registry.#answer(request, response));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return registry;
  }

  /** `127.0.0.1:port`. */
  get host(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** `METHOD path` of each request so far. */
  get log(): readonly string[] {
    return this.seen.map(({ method, path }) => `${method} ${path}`);
  }

  /** Puts a blob there and returns its digest. */
  addBlob(content: Uint8Array): string {
    const digest = `sha256:${createHash("sha256").update(content).digest("hex")}`;
    this.blobs.set(digest, Buffer.from(content));
    return digest;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await readAll(incoming).catch(() => Buffer.alloc(0));
    const { method = "", url: path = "", headers } = incoming;
    const request: SeenRequest = { method, path, authorization: headers.authorization, headers, body };
    this.seen.push(request);
    for (const override of this.overrides) if (await override(request, response)) return;
    if (path.startsWith("/token")) this.#answerToken(request, response);
    else if (this.#isAllowed(request)) this.#route(request, response);
    else this.#challenge(response);
  }

  #isAllowed({ authorization }: SeenRequest): boolean {
    if (this.access.kind === "open") return true;
    if (this.access.kind === "bearer") return authorization === "Bearer good-token";
    return authorization === basic(this.access);
  }

  #challenge(response: ServerResponse): void {
    const bearer = `Bearer realm="http://${this.host}/token",service="fake",scope="ignored"`;
    response.setHeader("www-authenticate", this.access.kind === "basic" ? 'Basic realm="fake"' : bearer);
    sendError(response, 401, "UNAUTHORIZED", "authentication required");
  }

  #answerToken({ method, authorization, body }: SeenRequest, response: ServerResponse): unknown {
    if (this.access.kind !== "bearer") return sendError(response, 404, "UNKNOWN", "no tokens here");
    const { username, password, postStatus = 200 } = this.access;
    if (method === "POST" && postStatus !== 200) return sendError(response, postStatus, "UNSUPPORTED", "no POST");
    const form = new URLSearchParams(body.toString());
    const isGood =
      method === "POST"
        ? form.get("username") === username && form.get("password") === password
        : authorization === basic(this.access);
    if (!isGood) return sendError(response, 401, "UNAUTHORIZED", "incorrect username or password");
    return response.end(JSON.stringify({ token: "good-token" }));
  }

  #route(request: SeenRequest, response: ServerResponse): unknown {
    const { pathname, searchParams } = new URL(request.path, "http://fake");
    if (pathname === "/v2/") return response.end("{}");
    const [, repository, kind, reference] = /^\/v2\/(.+)\/(manifests|blobs\/uploads|blobs)\/(.*)$/.exec(pathname) ?? [];
    if (kind === "manifests") return this.#manifest(request, reference ?? "", response);
    if (kind === "blobs") return this.#blob(request, reference ?? "", response);
    if (kind === "blobs/uploads")
      return this.#upload(request, { repository: repository ?? "", searchParams }, response);
    return sendError(response, 404, "NAME_UNKNOWN", "no such route");
  }

  #manifest({ method, headers, body }: SeenRequest, reference: string, response: ServerResponse): unknown {
    if (method === "PUT") {
      const manifest = { mediaType: headers["content-type"] ?? "", bytes: body };
      const digest = `sha256:${createHash("sha256").update(body).digest("hex")}`;
      this.manifests.set(reference, manifest);
      this.manifests.set(digest, manifest);
      return response.writeHead(201, { "docker-content-digest": digest }).end();
    }
    const found = this.manifests.get(reference);
    if (!found) return sendError(response, 404, "MANIFEST_UNKNOWN", "manifest unknown");
    const digest = `sha256:${createHash("sha256").update(found.bytes).digest("hex")}`;
    const head = {
      "content-type": found.mediaType,
      "docker-content-digest": digest,
      "content-length": found.bytes.length,
    };
    return response.writeHead(200, head).end(method === "HEAD" ? undefined : found.bytes);
  }

  #blob({ method, headers }: SeenRequest, digest: string, response: ServerResponse): unknown {
    const content = this.blobs.get(digest);
    if (!content) return sendError(response, 404, "BLOB_UNKNOWN", "blob unknown to registry");
    const [, from, to] = /^bytes=(\d+)-(\d*)$/.exec(headers.range ?? "") ?? [];
    const part = from === undefined ? content : content.subarray(Number(from), to ? Number(to) + 1 : undefined);
    response.writeHead(from === undefined ? 200 : 206, { "content-length": part.length });
    return response.end(method === "HEAD" ? undefined : part);
  }

  #upload(
    { method, body }: SeenRequest,
    { repository, searchParams }: { repository: string; searchParams: URLSearchParams },
    response: ServerResponse,
  ): unknown {
    if (method === "DELETE") return response.writeHead(204).end();
    if (method === "PUT") {
      if (this.addBlob(body) !== searchParams.get("digest")) {
        return sendError(response, 400, "DIGEST_INVALID", "provided digest did not match uploaded content");
      }
      return response.writeHead(201).end();
    }
    if (this.blobs.has(searchParams.get("mount") ?? "")) return response.writeHead(201).end();
    return response.writeHead(202, { location: `/v2/${repository}/blobs/uploads/1?state=x` }).end();
  }
}

/** An error as the specification wants it. */
export function sendError(response: ServerResponse, status: number, code: string, message: string): ServerResponse {
  response.writeHead(status, { "content-type": "application/json" });
  return response.end(JSON.stringify({ errors: [{ code, message }] }));
}

function basic({ username, password }: { readonly username: string; readonly password: string }): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
}

async function readAll(incoming: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of incoming as AsyncIterable<Buffer>) pieces.push(piece);
  return Buffer.concat(pieces);
}
