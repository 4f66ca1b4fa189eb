import { type Clock, isProblem } from "@opendepot/base";
import { type Digest, digestOf, isDigest, MAX_MANIFEST_BYTES, MediaType } from "@opendepot/oci";
import { kindOfAddress, type RegistryCredentials } from "@opendepot/registry-client";
import {
  Authorizer,
  createTransport,
  discard,
  type HttpAnswer,
  placesOf,
  readBounded,
  registryAnswerInvalid,
  registryUnreachable,
  Session,
  Transient,
  type Transport,
} from "@opendepot/registry-client/parts";
import { isDigestOf } from "../digests.ts";
import { addressForbidden, contentMissing } from "../problems.ts";
import { mayLogInAt, type Upstream } from "./upstream.ts";

/** What an upstream says of a manifest without sending it. */
export interface RemoteHead {
  /** Undefined where the upstream does not tell. */
  readonly digest: Digest | undefined;
  readonly mediaType: string | undefined;
  readonly size: number | undefined;
  readonly etag: string | undefined;
}

/** A manifest that was fetched and is what its digest says. */
export interface RemoteContent {
  readonly digest: Digest;
  readonly mediaType: string;
  readonly bytes: Buffer;
  readonly etag: string | undefined;
}

/** What an {@link UpstreamClient} is made of. */
export interface UpstreamClientOptions {
  readonly upstream: Upstream;
  readonly clock: Clock;
  /** `HTTP_PROXY` and so on. */
  readonly proxyEnvironment: Readonly<Record<string, string | undefined>> | undefined;
  readonly authorities: readonly string[] | undefined;
}

const ACCEPT = [
  MediaType.ociIndex,
  MediaType.ociManifest,
  MediaType.dockerIndex,
  MediaType.dockerManifest,
  "application/vnd.oci.artifact.manifest.v1+json",
  "*/*;q=0.1",
].join(", ");

const HUB_HOST = "registry-1.docker.io";
/** Nothing that a browser would show. */
const MEDIA_TYPE = /^application\/[a-z0-9][a-z0-9!#$&^_.+-]{0,126}$/i;
/** A silent upstream is given up after so long. */
const IDLE_MS = 30_000;

/**
 * One upstream with one login. Reaches nothing on forbidden addresses, neither directly nor by a redirect or by a token
 * server, and shows its login only where `mayLogInAt` says so. Disposing closes the connections.
 *
 * Its methods throw the problems of the registry client, `address_forbidden` and `content_missing`.
 */
export class UpstreamClient implements Disposable {
  readonly upstream: Upstream;
  readonly #clock: Clock;
  readonly #transport: Transport;
  readonly #authorizer: Authorizer;
  readonly #origin: URL;

  constructor({ upstream, clock, proxyEnvironment, authorities }: UpstreamClientOptions) {
    this.upstream = upstream;
    this.#clock = clock;
    const { allowsPrivate, host } = upstream;
    this.#origin = originOf(upstream);
    // Asked for every connection, be it to where a redirect or a challenge leads.
    const allows = (_: string, address: string): boolean => {
      const kind = kindOfAddress(address);
      return kind === "public" || (kind === "inside" && allowsPrivate);
    };
    this.#transport = createTransport({ proxyEnvironment, authorities, allows, idleMs: IDLE_MS });
    this.#authorizer = new Authorizer({
      transport: this.#transport,
      name: `${host}/`,
      origin: this.#origin,
      credentials: { lookup: async () => credentialsOf(upstream) },
      mayLogInAt: (realm) => mayLogInAt(upstream, this.#origin, realm),
    });
  }

  /** OCI distribution-spec v1.1, "Checking if content exists in the registry". */
  async headManifest(repository: string, reference: string, signal: AbortSignal): Promise<RemoteHead> {
    const answer = await this.#send("HEAD", repository, `manifests/${reference}`, { signal });
    discard(answer);
    return {
      digest: isDigest(reference) ? reference : announcedDigest(answer),
      mediaType: mediaTypeOf(answer),
      size: lengthOf(answer),
      etag: answer.headers.etag,
    };
  }

  /** "Pulling manifests"; undefined where `etag` still holds. What is not what `reference` says is not returned. */
  async getManifest(
    repository: string,
    reference: string,
    { etag, signal }: { readonly etag?: string | undefined; readonly signal: AbortSignal },
  ): Promise<RemoteContent | undefined> {
    const headers: Record<string, string> = etag === undefined ? {} : { "if-none-match": etag };
    const answer = await this.#send("GET", repository, `manifests/${reference}`, { signal, headers });
    if (answer.status === 304) {
      discard(answer);
      return undefined;
    }
    const bytes = await this.words(repository, () => readBounded(answer, MAX_MANIFEST_BYTES), signal);
    const name = this.#nameOf(repository);
    if (!bytes) throw registryAnswerInvalid(name, `the manifest has more than ${MAX_MANIFEST_BYTES} bytes`);
    const digest = isDigest(reference) ? reference : (announcedDigest(answer) ?? digestOf(bytes));
    if (!isDigestOf(digest, bytes)) {
      throw registryAnswerInvalid(name, `the manifest that it sends as ${digest} is another`);
    }
    return { digest, bytes, mediaType: mediaTypeOf(answer) ?? ownMediaType(bytes), etag: answer.headers.etag };
  }

  /** Size of a blob, if the upstream tells it. */
  async headBlob(repository: string, digest: Digest, signal: AbortSignal): Promise<number | undefined> {
    const answer = await this.#send("HEAD", repository, `blobs/${digest}`, { signal });
    discard(answer);
    return lengthOf(answer);
  }

  /** "Pulling blobs", from `offset` on: where the upstream knows no ranges, what came before is sent again. */
  async getBlob(repository: string, digest: Digest, offset: number, signal: AbortSignal): Promise<HttpAnswer> {
    const headers: Record<string, string> = offset === 0 ? {} : { range: `bytes=${offset}-` };
    return await this.#send("GET", repository, `blobs/${digest}`, { signal, headers });
  }

  /** Puts failures of the connection into words. */
  async words<T>(repository: string, work: () => Promise<T>, signal: AbortSignal): Promise<T> {
    return await once(this.upstream.host, () => this.#session(repository).reach(work, signal));
  }

  [Symbol.dispose](): void {
    this.#transport[Symbol.dispose]();
  }

  async #send(
    method: "GET" | "HEAD",
    repository: string,
    path: string,
    { signal, headers = {} }: { readonly signal: AbortSignal; readonly headers?: Readonly<Record<string, string>> },
  ): Promise<HttpAnswer> {
    const isManifest = path.startsWith("manifests/");
    const wanted = {
      method,
      url: new URL(`v2/${repository}/${path}`, this.#origin),
      headers: isManifest ? { accept: ACCEPT, ...headers } : headers,
      action: `read ${path.slice(path.indexOf("/") + 1)}`,
      scopes: [`repository:${repository}:pull`],
      expects: [304, 404],
      signal,
    } as const;
    const session = this.#session(repository);
    const answer = await once(this.upstream.host, () => session.sendOnce(wanted));
    if (answer.status !== 404) return answer;
    discard(answer);
    const wantedName = path.slice(path.indexOf("/") + 1);
    throw contentMissing(`${isManifest ? "manifest" : "blob"} ${wantedName} in ${this.#nameOf(repository)}`);
  }

  #session(repository: string): Session {
    const [transport, authorizer] = [this.#transport, this.#authorizer];
    return new Session({
      ...{ transport, authorizer, origin: this.#origin, clock: this.#clock },
      name: this.#nameOf(repository),
    });
  }

  #nameOf(repository: string): string {
    return `${this.upstream.host}/${repository}`;
  }
}

/** Whoever waits for the mirror can go to the upstream himself: nothing is tried again here. */
async function once<T>(host: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    // Our own limit has run out.
    if (error instanceof DOMException && error.name === "TimeoutError") throw registryUnreachable(host, error);
    const problem: unknown = error instanceof Transient ? error.problem : error;
    throw isProblem(problem, "registry_not_allowed") ? addressForbidden(String(problem.detail["host"])) : problem;
  }
}

function originOf({ host, isPlainHttp }: Upstream): URL {
  const real = host === "docker.io" ? HUB_HOST : host;
  if (isPlainHttp) return new URL(`http://${real}/`);
  return placesOf({ domain: host, path: "x" }, false)[0].origin;
}

function credentialsOf({ login }: Upstream): RegistryCredentials | undefined {
  if (!login) return undefined;
  return { username: login.username, password: login.password.reveal(), identityToken: "", registryToken: "" };
}

function announcedDigest(answer: HttpAnswer): Digest | undefined {
  const header = answer.headers["docker-content-digest"];
  return typeof header === "string" && isDigest(header) ? header : undefined;
}

function mediaTypeOf(answer: HttpAnswer): string | undefined {
  const type = answer.headers["content-type"]?.split(";", 1)[0]?.trim() ?? "";
  return MEDIA_TYPE.test(type) ? type : undefined;
}

function ownMediaType(bytes: Buffer): string {
  try {
    const { mediaType } = Object(JSON.parse(bytes.toString("utf8"))) as Record<string, unknown>;
    if (typeof mediaType === "string" && MEDIA_TYPE.test(mediaType)) return mediaType;
  } catch {
    // whoever pulls it will find out
  }
  return MediaType.ociManifest;
}

function lengthOf(answer: HttpAnswer): number | undefined {
  const length = Number(answer.headers["content-length"] ?? Number.NaN);
  return Number.isSafeInteger(length) && length >= 0 ? length : undefined;
}
