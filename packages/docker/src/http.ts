import type { Agent, ClientRequest, IncomingMessage, RequestOptions } from "node:http";
import { type Duplex, Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { isProblem, systemCodeOf } from "@opendepot/base";
import { type DockerAddress, describeDockerAddress } from "./address.ts";
import { dialDocker } from "./dial.ts";
import {
  dockerAnswerInvalid,
  dockerPermissionDenied,
  dockerRefused,
  dockerUnavailable,
  dockerUntrusted,
} from "./problems.ts";
import type { SshOptions } from "./stdio-socket.ts";

const MAX_JSON_BYTES = 16 * 1024 * 1024;
const MAX_ERROR_BYTES = 64 * 1024;
const ANSWER_MS = 60_000;

/** A request to Docker's API. */
export interface DockerRequest {
  readonly method: "GET" | "POST" | "DELETE" | "HEAD";
  /** With the query. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Sent in pieces, as it comes. */
  readonly body?: AsyncIterable<Uint8Array> | undefined;
  /** For people, after "cannot": `pull app:1`. */
  readonly action: string;
  /** Statuses that are an answer and no failure, beside those of the 200s. */
  readonly expects?: readonly number[] | undefined;
  /** How long the head of the answer may take. Default: 60,000 ms; 0 waits as long as the signal lets it. */
  readonly answerMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** HTTP to one Docker. Disposing closes the connections. */
export class DockerHttp implements Disposable {
  readonly #address: DockerAddress;
  readonly #ssh: SshOptions;
  #agent: Agent | undefined;

  constructor(address: DockerAddress, ssh: SshOptions) {
    this.#address = address;
    this.#ssh = ssh;
  }

  /** The address, for people. */
  get name(): string {
    return describeDockerAddress(this.#address);
  }

  /**
   * Sends a request. The body of the answer is the caller's.
   *
   * @throws {Problem} `docker_unavailable`, `docker_permission_denied`, `docker_untrusted`, `docker_refused`; what the
   * body throws
   */
  async send(request: DockerRequest): Promise<IncomingMessage> {
    request.signal?.throwIfAborted();
    const http = await import("node:http");
    this.#agent ??= dialingAgent(new http.Agent({ keepAlive: true }), () => dialDocker(this.#address, this.#ssh));
    const { method, path, headers, signal } = request;
    const options: RequestOptions = {
      method,
      path,
      headers: { host: "docker", ...headers },
      agent: this.#agent,
      signal,
    };
    return await this.#judge(request, await this.#exchange(http.request(options), request));
  }

  /** The JSON of the answer; undefined for a status that was expected. */
  async json(request: DockerRequest): Promise<unknown> {
    const answer = await this.send(request);
    const text = await this.#reach(request, () => readText(answer, MAX_JSON_BYTES));
    if (request.expects?.includes(answer.statusCode ?? 0)) return undefined;
    if (text === undefined) throw dockerAnswerInvalid(this.name, `more than ${MAX_JSON_BYTES} bytes`);
    try {
      return text === "" ? undefined : JSON.parse(text);
    } catch (cause) {
      throw dockerAnswerInvalid(this.name, `no JSON to ${request.method} ${request.path}`, cause);
    }
  }

  /** Puts failures of the connection into words. */
  problemOf(error: unknown): unknown {
    const code = systemCodeOf(error);
    if (isProblem(error) || code === undefined) return error;
    if (code === "EACCES" || code === "EPERM") return dockerPermissionDenied(this.name, error);
    if (code.startsWith("HPE_")) return dockerAnswerInvalid(this.name, "it does not speak HTTP", error);
    return UNTRUSTED.test(code) ? dockerUntrusted(this.name, error) : dockerUnavailable(this.name, error);
  }

  [Symbol.dispose](): void {
    this.#agent?.destroy();
  }

  async #exchange(sent: ClientRequest, request: DockerRequest): Promise<IncomingMessage> {
    const { promise: answered, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    sent.once("response", resolve);
    sent.on("error", reject); // also after the answer: then told by its body
    const limit = request.answerMs ?? ANSWER_MS;
    const silence = Object.assign(new Error(`no answer within ${limit / 1000} s`), { code: "ETIMEDOUT" });
    const timer = limit === 0 ? undefined : setTimeout(() => sent.destroy(silence), limit);
    const sending = sendBody(sent, request.body);
    try {
      // Docker may refuse before it has read everything: what it says then counts.
      return await this.#reach(request, () => Promise.race([answered, sending.then(() => answered)]));
    } catch (error) {
      sent.destroy();
      throw error;
    } finally {
      clearTimeout(timer);
      answered.catch(() => undefined);
      sending.catch(() => undefined);
    }
  }

  async #judge(request: DockerRequest, answer: IncomingMessage): Promise<IncomingMessage> {
    const status = answer.statusCode ?? 0;
    if ((status >= 200 && status < 300) || request.expects?.includes(status)) return answer;
    const text = await readText(answer, MAX_ERROR_BYTES).catch(() => undefined);
    throw dockerRefused(request.action, errorWords(text ?? ""), status);
  }

  async #reach<T>({ signal }: DockerRequest, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      signal?.throwIfAborted();
      throw this.problemOf(error);
    }
  }
}

/** OpenSSL's and Node's codes for refused certificates, names and handshakes. */
const UNTRUSTED =
  /^(?:ERR_SSL_|ERR_TLS_|ERR_OSSL_|CERT_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|HOSTNAME_MISMATCH|EPROTO$)/;

/** An agent whose connections are opened by `dial`. */
function dialingAgent(agent: Agent, dial: () => Promise<Duplex>): Agent {
  const createConnection = (_: unknown, done: (error: Error | null, stream?: Duplex) => void): undefined => {
    dial().then(
      (stream) => done(null, stream),
      (error: Error) => done(error),
    );
  };
  return Object.assign(agent, { createConnection });
}

/** Rejects for what the source throws alone: what becomes of the connection is told by the request. */
async function sendBody(sent: ClientRequest, body: AsyncIterable<Uint8Array> | undefined): Promise<void> {
  if (!body) {
    sent.end();
    return;
  }
  let hasFailed = false;
  async function* watched(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    try {
      yield* source;
    } catch (cause) {
      hasFailed = true;
      throw cause;
    }
  }
  try {
    await pipeline(Readable.from(watched(body), { objectMode: false }), sent);
  } catch (error) {
    if (hasFailed) throw error;
    await new Promise(() => undefined);
  }
}

/** The whole text when it has at most `maxBytes` bytes; otherwise undefined. */
async function readText(answer: IncomingMessage, maxBytes: number): Promise<string | undefined> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of answer as AsyncIterable<Buffer>) {
    bytes += piece.length;
    if (bytes > maxBytes) return undefined; // leaving the loop destroys the stream
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString("utf8");
}

function errorWords(text: string): string {
  try {
    const { message } = Object(JSON.parse(text)) as Record<string, unknown>;
    return typeof message === "string" ? message.trim() : "";
  } catch {
    return text.trim().slice(0, 500);
  }
}
