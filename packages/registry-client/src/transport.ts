import type { LookupOptions } from "node:dns";
import type { ClientRequest, Agent as HttpAgent, IncomingHttpHeaders, IncomingMessage } from "node:http";
import type { Agent as HttpsAgent, RequestOptions } from "node:https";
import { isIP, type LookupFunction } from "node:net";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { registryNotAllowed } from "./problems.ts";

/** What is sent along; opened anew each time that the request is sent. */
export interface Body {
  /** Bytes. */
  readonly size: number;
  open(): AsyncIterable<Uint8Array>;
}

/** One request to one host; nothing is followed or repeated. */
export interface HttpRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Body | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** The answer's head; its body is read, or put away with {@link discard}. */
export interface HttpAnswer {
  /** That of the request. */
  readonly method: string;
  readonly url: URL;
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Readable;
}

/** How hosts are reached. */
export interface TransportOptions {
  /** Certificate authorities in PEM that are trusted beside the usual ones. */
  readonly authorities?: readonly string[] | undefined;
  /** Takes any certificate. */
  readonly acceptsAnyCertificate?: boolean | undefined;
  /** `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY` in either case. Default: no proxy. */
  readonly proxyEnvironment?: Readonly<Record<string, string | undefined>> | undefined;
  /** How long the other side may keep silent before a request is given up, in milliseconds. Default: 60,000. */
  readonly idleMs?: number | undefined;
  /**
   * Whether a host may be spoken to at the address that it was found at: asked for each connection, also where a
   * registry sends us on to. `host` has its port. Without a proxy only. Default: all may.
   */
  readonly allows?: ((host: string, address: string) => boolean) | undefined;
}

/** Keeps connections for the next request. Disposing closes them. */
export interface Transport extends Disposable {
  /** @throws Node.js system and TLS errors; `registry_not_allowed`; what the body throws; the signal's reason */
  send(request: HttpRequest): Promise<HttpAnswer>;
}

const DEFAULT_IDLE_MS = 60_000;

/** A transport over `node:http` and `node:https`, which are loaded at the first request. */
export function createTransport(options: TransportOptions = {}): Transport {
  const agents = new Agents(options);
  const idleMs = options.idleMs ?? DEFAULT_IDLE_MS;
  return {
    send: async (request) => {
      request.signal?.throwIfAborted();
      const sent = await agents.request(request);
      return await exchange(sent, request, idleMs);
    },
    [Symbol.dispose]: () => agents.destroy(),
  };
}

class Agents {
  readonly #options: TransportOptions;
  #http: HttpAgent | undefined;
  #https: HttpsAgent | undefined;

  constructor(options: TransportOptions) {
    this.#options = options;
  }

  async request({ method, url, headers, body, signal }: HttpRequest): Promise<ClientRequest> {
    const length = body === undefined ? {} : { "content-length": String(body.size) };
    const all = { "user-agent": "opendepot", "accept-encoding": "identity", ...headers, ...length };
    const request: RequestOptions = { method, headers: all, signal, ...this.#guard(url) };
    const proxyEnv = this.#options.proxyEnvironment;
    const keep = { keepAlive: true, ...(proxyEnv === undefined ? {} : { proxyEnv: { ...proxyEnv } }) };
    if (url.protocol === "http:") {
      const http = await import("node:http");
      this.#http ??= new http.Agent(keep);
      return http.request(url, { ...request, agent: this.#http });
    }
    const [https, { rootCertificates }] = await Promise.all([import("node:https"), import("node:tls")]);
    const { authorities = [], acceptsAnyCertificate = false } = this.#options;
    const ca = authorities.length > 0 ? { ca: [...rootCertificates, ...authorities] } : {};
    this.#https ??= new https.Agent({ ...keep, ...ca, rejectUnauthorized: !acceptsAnyCertificate });
    return https.request(url, { ...request, agent: this.#https });
  }

  /** Names are looked up by us where not every address will do, so that what was checked is what is connected to. */
  #guard({ host, hostname }: URL): Pick<RequestOptions, "lookup"> {
    const { allows } = this.#options;
    if (allows === undefined) return {};
    const literal = hostname.replace(/^\[(.*)\]$/, "$1");
    if (isIP(literal) === 0) return { lookup: guardedLookup((address) => allows(host, address), host) };
    if (!allows(host, literal)) throw registryNotAllowed(host);
    return {};
  }

  destroy(): void {
    this.#http?.destroy();
    this.#https?.destroy();
  }
}

function guardedLookup(allows: (address: string) => boolean, host: string): LookupFunction {
  return (name, options, callback) => {
    void import("node:dns").then(({ lookup }) => {
      const all: LookupOptions & { readonly all: true } = { ...options, all: true };
      lookup(name, all, (error, addresses = []) => {
        const allowed = addresses.filter(({ address }) => allows(address));
        const [first] = allowed;
        if (error) callback(error, "", 0);
        else if (first === undefined) callback(registryNotAllowed(host), "", 0);
        else if (options.all) callback(null, allowed);
        else callback(null, first.address, first.family);
      });
    });
  };
}

async function exchange(sent: ClientRequest, request: HttpRequest, idleMs: number): Promise<HttpAnswer> {
  const { promise: answered, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  sent.once("response", resolve);
  sent.on("error", reject); // also after the answer: then told by its body
  watchSilence(sent, answered, idleMs);
  const uploading = upload(sent, request.body);
  try {
    // A registry may refuse before it has read everything; what it says then counts, not that it stopped reading.
    const answer = await Promise.race([answered, uploading.then(() => answered)]);
    uploading.catch(() => undefined);
    const { method, url } = request;
    return { method, url, status: answer.statusCode ?? 0, headers: answer.headers, body: answer };
  } catch (error) {
    sent.destroy();
    answered.catch(() => undefined);
    uploading.catch(() => undefined);
    if (request.signal?.aborted) throw request.signal.reason;
    throw error instanceof SourceFailure ? error.cause : error;
  }
}

/** What the content's own source threw, as opposed to the connection. */
class SourceFailure extends Error {}

async function upload(sent: ClientRequest, body: Body | undefined): Promise<void> {
  if (body === undefined) {
    sent.end();
    return;
  }
  const { promise: broken, reject } = Promise.withResolvers<never>();
  broken.catch(() => undefined);
  async function* marked(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    try {
      yield* source;
    } catch (cause) {
      const failure = new SourceFailure("the content's source failed", { cause });
      reject(failure);
      throw failure;
    }
  }
  const piping = pipeline(Readable.from(marked(body.open()), { objectMode: false }), sent);
  try {
    await Promise.race([broken, piping]);
  } catch (error) {
    piping.catch(() => undefined);
    if (error instanceof SourceFailure) throw error;
    await new Promise(() => undefined); // told by the request itself, or outrun by an answer
  }
}

/** Ends a request whose connection says nothing for too long, unless it is we who do not listen. */
function watchSilence(sent: ClientRequest, answered: Promise<IncomingMessage>, idleMs: number): void {
  let answer: IncomingMessage | undefined;
  answered.then(
    (arrived) => {
      answer = arrived;
    },
    () => undefined,
  );
  sent.setTimeout(idleMs, () => {
    if (answer !== undefined && answer.readableLength > 0) {
      sent.socket?.setTimeout(idleMs);
      return;
    }
    const silence = new Error(`no sign of life for ${Math.round(idleMs / 1000)} s`);
    sent.destroy(Object.assign(silence, { code: "ETIMEDOUT" }));
  });
}

/** Puts an answer away: a short rest is read, so that the connection can be used again; a long one is cut off. */
export function discard(answer: HttpAnswer): void {
  // What a HEAD announces does not come.
  const length = answer.method === "HEAD" ? 0 : Number(answer.headers["content-length"] ?? Number.NaN);
  answer.body.on("error", () => undefined);
  if (length <= 64 * 1024) answer.body.resume();
  else answer.body.destroy();
}

/** The whole body when it has at most `maxBytes` bytes; otherwise undefined, and the connection is closed. */
export async function readBounded(answer: HttpAnswer, maxBytes: number): Promise<Buffer | undefined> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of answer.body as AsyncIterable<Buffer>) {
    bytes += piece.length;
    if (bytes > maxBytes) return undefined; // leaving the loop destroys the stream
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}
