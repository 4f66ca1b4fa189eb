import { createHash, randomBytes } from "node:crypto";
import { MediaType } from "@opendepot/oci";

/** Where and as whom a test speaks to a registry. */
export interface TestClientOptions {
  readonly url: URL;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  /** A token instead of a password. */
  readonly token?: string | undefined;
}

/** What a request of a test may carry. */
export interface TestRequest {
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** An iterable is sent in chunks, without a length. */
  readonly body?: Uint8Array | string | AsyncIterable<Uint8Array> | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A descriptor as it stands in manifests. */
export interface TestDescriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
}

/** An answer that was read to its end. */
export interface TestAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Buffer;
  /** The first code of the error body; undefined when there is none. */
  readonly code: string | undefined;
}

const LIMIT_MS = 60_000;

/** Speaks the distribution-spec as plainly as it goes, so that tests see every status and header. */
export class TestClient {
  readonly #options: TestClientOptions;

  constructor(options: TestClientOptions) {
    this.#options = options;
  }

  /** Sends a request to a path below the registry, or to an absolute address. */
  async send(method: string, path: string, request: TestRequest = {}): Promise<TestAnswer> {
    const { body } = request;
    const isStream = body !== undefined && typeof body === "object" && Symbol.asyncIterator in body;
    const response = await fetch(new URL(path, this.#options.url), {
      method,
      headers: { ...this.#authorization(), ...request.headers },
      redirect: "manual",
      signal: request.signal ?? AbortSignal.timeout(LIMIT_MS),
      ...(body !== undefined && { body: isStream ? ReadableStream.from(body) : body }),
      ...(isStream && { duplex: "half" }),
    });
    const bytes = Buffer.from(await response.arrayBuffer());
    return { status: response.status, headers: response.headers, body: bytes, code: codeIn(bytes) };
  }

  /** Sends a blob in one piece. */
  async pushBlob(
    repository: string,
    bytes: Uint8Array,
    mediaType = "application/octet-stream",
  ): Promise<TestDescriptor> {
    const digest = sha256(bytes);
    const path = `/v2/${repository}/blobs/uploads/?digest=${digest}`;
    expectStatus(await this.send("POST", path, { body: bytes }), 201);
    return { mediaType, digest, size: bytes.byteLength };
  }

  async putManifest(repository: string, reference: string, manifest: object): Promise<TestDescriptor> {
    const body = JSON.stringify(manifest);
    const mediaType = "mediaType" in manifest ? String(manifest.mediaType) : MediaType.ociManifest;
    const path = `/v2/${repository}/manifests/${reference}`;
    expectStatus(await this.send("PUT", path, { body, headers: { "content-type": mediaType } }), 201);
    return { mediaType, digest: sha256(Buffer.from(body)), size: Buffer.byteLength(body) };
  }

  /** Pushes an image with layers of random bytes, or of those given. Without a reference: by its digest. */
  async pushImage(repository: string, reference?: string, options: TestImage = {}): Promise<PushedTestImage> {
    const layers = options.layers ?? [randomBytes(64)];
    const config = await this.pushBlob(repository, randomBytes(16), MediaType.ociConfig);
    const pushed: TestDescriptor[] = [];
    for (const layer of layers) pushed.push(await this.pushBlob(repository, layer, MediaType.ociLayerGzip));
    const manifest = {
      schemaVersion: 2,
      mediaType: MediaType.ociManifest,
      config,
      layers: pushed,
      ...(options.subject && { subject: options.subject }),
      ...(options.artifactType && { artifactType: options.artifactType }),
      ...(options.annotations && { annotations: options.annotations }),
    };
    const descriptor = await this.putManifest(repository, reference ?? digestOfJson(manifest), manifest);
    return { ...descriptor, blobs: [config, ...pushed] };
  }

  /** Pushes an index of manifests that are there. */
  async pushIndex(
    repository: string,
    reference: string,
    manifests: readonly TestDescriptor[],
  ): Promise<TestDescriptor> {
    const children = manifests.map(({ mediaType, digest, size }) => ({ mediaType, digest, size }));
    const index = { schemaVersion: 2, mediaType: MediaType.ociIndex, manifests: children };
    return await this.putManifest(repository, reference, index);
  }

  /** The path of a new upload. */
  async startUpload(repository: string): Promise<string> {
    const answer = await this.send("POST", `/v2/${repository}/blobs/uploads/`);
    expectStatus(answer, 202);
    return answer.headers.get("location") ?? "";
  }

  #authorization(): Record<string, string> {
    const { username, password, token } = this.#options;
    if (token !== undefined) return { authorization: `Bearer ${token}` };
    if (username === undefined) return {};
    return { authorization: `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}` };
  }
}

/** What a test's image is made of. */
export interface TestImage {
  readonly layers?: readonly Uint8Array[] | undefined;
  readonly subject?: TestDescriptor | undefined;
  readonly artifactType?: string | undefined;
  readonly annotations?: Readonly<Record<string, string>> | undefined;
}

/** An image that was pushed. */
export interface PushedTestImage extends TestDescriptor {
  /** Its configuration, then its layers. */
  readonly blobs: readonly TestDescriptor[];
}

export function sha256(bytes: Uint8Array): string {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}

/** The digest that a manifest has once it is sent. */
export function digestOfJson(value: unknown): string {
  return sha256(Buffer.from(JSON.stringify(value)));
}

function expectStatus(answer: TestAnswer, status: number): void {
  if (answer.status !== status) throw new Error(`status ${answer.status}, not ${status}: ${answer.body.toString()}`);
}

function codeIn(bytes: Buffer): string | undefined {
  try {
    return JSON.parse(bytes.toString()).errors[0].code;
  } catch {
    return undefined;
  }
}
