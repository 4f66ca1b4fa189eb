import type { ClientRequest, IncomingMessage, RequestOptions } from "node:http";
import { abortable, type Secret, withTimeout } from "@opendepot/base";
import type { ApiMethod } from "./methods.ts";
import { readProblem } from "./problem-json.ts";
import { apiAnswerInvalid, apiTimeout, apiUnreachable } from "./problems.ts";

/** No answer that the CLI asks for comes near this. */
const MAX_ANSWER_BYTES = 16 * 1024 * 1024;

/** How the lean client speaks to a server. */
export interface ApiClientOptions {
  /** `http://` or `https://`, a path in front of the services is kept. */
  readonly url: URL;
  /** Sent as `Authorization: Bearer …`, unless a call brings its own. */
  readonly token?: Secret | undefined;
  readonly userAgent: string;
  /** Default limit of a call, in milliseconds: 30,000. */
  readonly timeoutMs?: number;
}

/** What a single call may set for itself. */
export interface ApiCallOptions {
  readonly signal?: AbortSignal | undefined;
  /** Instead of the client's own token. */
  readonly token?: Secret | undefined;
  readonly timeoutMs?: number;
}

/** Calls unary methods of the API. Keeps connections open between calls until it is disposed of. */
export interface ApiClient extends AsyncDisposable {
  /**
   * @throws {Problem} `api_unreachable`, `api_timeout`, `api_answer_invalid`; otherwise the problem that the server
   *   answered with, under its own code or, where it names none, `api_<connect code>`
   */
  call<Request, Response>(
    method: ApiMethod<Request, Response>,
    request: Request,
    options?: ApiCallOptions,
  ): Promise<Response>;
}

/**
 * A client of Connect's JSON protocol on Node's own HTTP and nothing else, so that it costs a command nothing to start.
 * Source: connectrpc.com/docs/protocol, unary calls.
 */
export function createApiClient(options: ApiClientOptions): ApiClient {
  const { url, timeoutMs: defaultTimeoutMs = 30_000 } = options;
  let opening: Promise<HttpPeer> | undefined;
  return {
    async call(method, request, { signal, token = options.token, timeoutMs = defaultTimeoutMs } = {}) {
      opening ??= openPeer(url);
      const peer = await opening;
      const headers = {
        "content-type": "application/json",
        "connect-protocol-version": "1",
        "user-agent": options.userAgent,
        ...(token ? { authorization: `Bearer ${token.reveal()}` } : {}),
      };
      const body = Buffer.from(JSON.stringify(request));
      const exchange = (limit: AbortSignal): Promise<Answer> =>
        post(peer, { url, path: method.path, headers, body, signal: limit });
      const answer = await withTimeout(timeoutMs, () => apiTimeout(url, timeoutMs), exchange, signal);
      return readAnswer(url, answer) as never;
    },
    async [Symbol.asyncDispose]() {
      if (opening) (await opening).close();
    },
  };
}

interface HttpPeer {
  request(options: RequestOptions): ClientRequest;
  close(): void;
}

/** Loads `node:http` or `node:https`, whichever the URL asks for, on the first call. */
async function openPeer(url: URL): Promise<HttpPeer> {
  const { Agent, request } = url.protocol === "https:" ? await import("node:https") : await import("node:http");
  const agent = new Agent({ keepAlive: true });
  return { request: (options) => request({ ...options, agent }), close: () => agent.destroy() };
}

interface Exchange {
  readonly url: URL;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  readonly signal: AbortSignal;
}

interface Answer {
  readonly status: number;
  readonly body: string;
}

async function post(peer: HttpPeer, { url, path, headers, body, signal }: Exchange): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const request = peer.request({
    method: "POST",
    protocol: url.protocol,
    hostname: url.hostname.replace(/^\[(.*)\]$/, "$1"),
    port: url.port,
    path: url.pathname.replace(/\/$/, "") + path,
    headers: { ...headers, "content-length": body.length },
    signal,
  });
  request.once("response", resolve);
  request.once("error", (error) => reject(signal.aborted ? signal.reason : apiUnreachable(url, error)));
  request.end(body);
  const response = await abortable(promise, signal);
  return { status: response.statusCode ?? 0, body: await readText(response, url, signal) };
}

async function readText(response: IncomingMessage, url: URL, signal: AbortSignal): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > MAX_ANSWER_BYTES) throw apiAnswerInvalid(url, response.statusCode ?? 0);
      chunks.push(chunk);
    }
  } catch (error) {
    signal.throwIfAborted();
    throw size > MAX_ANSWER_BYTES ? error : apiUnreachable(url, error);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function readAnswer(url: URL, { status, body }: Answer): unknown {
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch (cause) {
    throw apiAnswerInvalid(url, status, cause);
  }
  if (status === 200) return json;
  throw readProblem(json) ?? apiAnswerInvalid(url, status);
}
