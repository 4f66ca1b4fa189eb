import { type Secret, withTimeout } from "@opendepot/base";
import { HttpPeer } from "./http1-peer.ts";
import { type HttpAnswer, HttpSyntaxError } from "./http1-response.ts";
import type { ApiMethod, ApiStreamMethod } from "./methods.ts";
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
  /**
   * Calls a method that answers with a stream, over a connection of its own, which closes when the loop is left.
   * `timeoutMs` is how long the server may keep silent.
   *
   * @throws {Problem} as {@link call}, while it is read
   */
  stream<Request, Response>(
    method: ApiStreamMethod<Request, Response>,
    request: Request,
    options?: ApiCallOptions,
  ): AsyncIterable<Response>;
}

/**
 * A client of Connect's JSON protocol on plain sockets and nothing else, so that it costs a command nothing to start.
 * Source: connectrpc.com/docs/protocol, unary calls.
 */
export function createApiClient(options: ApiClientOptions): ApiClient {
  const { url, timeoutMs: defaultTimeoutMs = 30_000 } = options;
  const peer = new HttpPeer(url);
  const headersFor = (token: Secret | undefined): Record<string, string> => ({
    "connect-protocol-version": "1",
    "user-agent": options.userAgent,
    ...(token ? { authorization: `Bearer ${token.reveal()}` } : {}),
  });
  return {
    async call(method, request, { signal, token = options.token, timeoutMs = defaultTimeoutMs } = {}) {
      const headers = { "content-type": "application/json", ...headersFor(token) };
      const body = Buffer.from(JSON.stringify(request));
      const exchange = (limit: AbortSignal): Promise<HttpAnswer> =>
        post(peer, url, { path: method.path, headers, body, maxAnswerBytes: MAX_ANSWER_BYTES, signal: limit });
      const answer = await withTimeout(timeoutMs, () => apiTimeout(url, timeoutMs), exchange, signal);
      return readAnswer(url, answer) as never;
    },
    async *stream(method, request, { signal, token = options.token, timeoutMs = defaultTimeoutMs } = {}) {
      const { callStream } = await import("./call-stream.ts");
      const call = { url, path: method.path, headers: headersFor(token), request, silenceMs: timeoutMs, signal };
      yield* callStream(call) as AsyncIterable<never>;
    },
    async [Symbol.asyncDispose]() {
      peer[Symbol.dispose]();
    },
  };
}

async function post(peer: HttpPeer, url: URL, request: Parameters<HttpPeer["post"]>[0]): Promise<HttpAnswer> {
  try {
    return await peer.post(request);
  } catch (error) {
    request.signal.throwIfAborted();
    throw error instanceof HttpSyntaxError && error.status > 0
      ? apiAnswerInvalid(url, error.status, error)
      : apiUnreachable(url, error);
  }
}

function readAnswer(url: URL, { status, body }: HttpAnswer): unknown {
  let json: unknown;
  try {
    json = JSON.parse(body.toString("utf8"));
  } catch (cause) {
    throw apiAnswerInvalid(url, status, cause);
  }
  if (status === 200) return json;
  throw readProblem(json) ?? apiAnswerInvalid(url, status);
}
