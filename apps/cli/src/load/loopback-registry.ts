import { once } from "node:events";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { anySignal, systemClock } from "@opendepot/base";
import type { Descriptor, NormalizedReference } from "@opendepot/oci";
import { type ByteRange, parseRange } from "./byte-range.ts";
import type { ContentSource } from "./content-source.ts";
import type { LoadableImage } from "./resolve-image.ts";
import { temporaryPath } from "./temporary-name.ts";

/** A registry that holds one image. Disposing closes it and ends what it still sends. */
export interface LoopbackRegistry extends AsyncDisposable {
  /** The image in it, by digest. */
  readonly reference: NormalizedReference;
  /** Bytes of configuration and layers that were sent. */
  readonly servedBytes: number;
  /** Whether anybody has asked for the image. */
  readonly wasAsked: boolean;
  /** Aborts, with the reason, when content cannot be read from the builder. */
  readonly failed: AbortSignal;
}

/** What a registry is opened with. */
export interface LoopbackRegistryOptions {
  readonly image: LoadableImage;
  readonly content: ContentSource;
  readonly signal: AbortSignal;
}

/**
 * Opens a registry on 127.0.0.1 that serves this one image, read from the builder as it is asked for, below a path that
 * nobody can guess: OCI distribution-spec v1.1, "Pull". The caller disposes of it.
 */
export async function openLoopbackRegistry(options: LoopbackRegistryOptions): Promise<LoopbackRegistry> {
  const { createServer } = await import("node:http");
  const registry = new Registry(options);
  const server = createServer((request, response) => void registry.answer(request, response));
  server.listen(0, "127.0.0.1");
  await once(server, "listening", { signal: options.signal });
  return registry.on(server);
}

class Registry implements LoopbackRegistry {
  readonly #image: LoadableImage;
  readonly #content: ContentSource;
  readonly #blobs: ReadonlyMap<string, Descriptor>;
  readonly #path = temporaryPath(systemClock.now());
  readonly #closing = new AbortController();
  readonly #signal: AbortSignal;
  #server: Server | undefined;
  servedBytes = 0;
  wasAsked = false;
  readonly #failing = new AbortController();
  readonly failed: AbortSignal = this.#failing.signal;

  constructor({ image, content, signal }: LoopbackRegistryOptions) {
    this.#image = image;
    this.#content = content;
    this.#signal = anySignal(signal, this.#closing.signal);
    const { config, layers } = image.manifest;
    this.#blobs = new Map([config, ...layers].map((blob) => [blob.digest, blob]));
  }

  on(server: Server): this {
    this.#server = server;
    return this;
  }

  get reference(): NormalizedReference {
    const address = this.#server?.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    return { domain: `127.0.0.1:${port}`, path: this.#path, digest: this.#image.descriptor.digest };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort(new Error("the registry is closed"));
    const server = this.#server;
    if (!server?.listening) return;
    const closed = once(server, "close");
    server.close();
    server.closeAllConnections();
    await closed;
  }

  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method, url } = request;
    response.setHeader("docker-distribution-api-version", "registry/2.0");
    const isRead = method === "GET" || method === "HEAD";
    if (isRead && url === "/v2/") return void response.end("{}");
    const base = `/v2/${this.#path}/`;
    if (!isRead || !url?.startsWith(base)) return refuse(response, 404, "NAME_UNKNOWN");
    this.wasAsked = true;
    const [kind, reference = ""] = url.slice(base.length).split("/", 2);
    const blob = this.#blobs.get(reference);
    if (kind === "manifests" && reference === this.#image.descriptor.digest)
      return this.#sendManifest(request, response);
    if (kind === "blobs" && blob) return await this.#sendBlob(blob, request, response);
    refuse(response, 404, kind === "blobs" ? "BLOB_UNKNOWN" : "MANIFEST_UNKNOWN");
  }

  #sendManifest(request: IncomingMessage, response: ServerResponse): void {
    const { descriptor, bytes } = this.#image;
    response.writeHead(200, headersOf(descriptor, bytes.length));
    response.end(request.method === "HEAD" ? undefined : bytes);
  }

  async #sendBlob(blob: Descriptor, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const range = parseRange(request.headers.range, blob.size);
    if (range === "unsatisfiable") {
      response.setHeader("content-range", `bytes */${blob.size}`);
      return refuse(response, 416, "RANGE_INVALID");
    }
    const { offset, length } = range ?? { offset: 0, length: blob.size };
    const part = range ? { "content-range": `bytes ${offset}-${offset + length - 1}/${blob.size}` } : {};
    response.writeHead(range ? 206 : 200, { ...headersOf(blob, length), "accept-ranges": "bytes", ...part });
    if (request.method === "HEAD" || length === 0) return void response.end();
    // Whoever asked may hang up, which must reach the builder at once and not with its next bytes.
    const gone = new AbortController();
    response.once("close", () => gone.abort(new Error("the reader has gone")));
    const source = this.#passOn(blob, { offset, length }, anySignal(this.#signal, gone.signal));
    try {
      await pipeline(Readable.from(source, { objectMode: false }), response);
    } catch {
      response.destroy(); // the reader has gone, or the content has failed, which is told by then
    }
  }

  async *#passOn(blob: Descriptor, { offset, length }: ByteRange, signal: AbortSignal): AsyncGenerator<Uint8Array> {
    let left = length;
    try {
      for await (const piece of this.#content.read(blob.digest, offset, length, signal)) {
        left -= piece.length;
        if (left < 0) break;
        this.servedBytes += piece.length;
        yield piece;
      }
      if (left !== 0) throw new Error(`the builder's ${blob.digest} has another size than its descriptor says`);
    } catch (reason) {
      if (!signal.aborted) this.#failing.abort(reason);
      throw reason;
    }
  }
}

function headersOf({ mediaType, digest }: Descriptor, length: number): Record<string, string> {
  return { "content-type": mediaType, "content-length": String(length), "docker-content-digest": digest };
}

function refuse(response: ServerResponse, status: number, code: string): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify({ errors: [{ code, message: code.toLowerCase().replaceAll("_", " ") }] }));
}
