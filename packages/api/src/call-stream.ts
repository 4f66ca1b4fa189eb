import type { ClientRequest, IncomingMessage } from "node:http";
import { anySignal, isProblem } from "@opendepot/base";
import { readEnvelopes, toEnvelope } from "./envelopes.ts";
import { readProblem } from "./problem-json.ts";
import { apiAnswerInvalid, apiTimeout, apiUnreachable } from "./problems.ts";

/** A call whose answer is a stream of messages. */
export interface StreamCall {
  readonly url: URL;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly request: unknown;
  /** How long the server may keep silent. */
  readonly silenceMs: number;
  readonly signal?: AbortSignal | undefined;
}

const MAX_MESSAGE_BYTES = 4 * 1024 * 1024;

/** What is left of an answer that is no stream is only good for telling what is wrong. */
const MAX_ERROR_BYTES = 1024 * 1024;

/**
 * Calls a method that answers with a stream: Connect's streaming protocol in JSON, over `node:http`, which is loaded by
 * the first such call. Leaving the loop ends the call.
 *
 * @throws {Problem} as {@link ApiClient.call}
 */
export async function* callStream(call: StreamCall): AsyncGenerator<unknown, void, undefined> {
  const { url, silenceMs } = call;
  const silent = new AbortController();
  const signal = anySignal(call.signal, silent.signal);
  const timer = setTimeout(() => silent.abort(apiTimeout(url, silenceMs)), silenceMs);
  let sent: ClientRequest | undefined;
  try {
    sent = await request(call, signal);
    const answer = await answerTo(sent);
    timer.refresh();
    if (answer.statusCode !== 200) throw await readFailure(url, answer);
    for await (const { isEnd, data } of readEnvelopes(watched(answer, timer), MAX_MESSAGE_BYTES)) {
      const message: unknown = JSON.parse(data.toString("utf8"));
      if (!isEnd) {
        yield message;
        continue;
      }
      const { error } = Object(message) as Record<string, unknown>;
      if (error === undefined) return;
      throw readProblem(error) ?? apiAnswerInvalid(url, 200);
    }
    throw new Error("the stream has no end");
  } catch (error) {
    signal.throwIfAborted();
    if (isProblem(error)) throw error;
    throw error instanceof SyntaxError ? apiAnswerInvalid(url, 200, error) : apiUnreachable(url, error);
  } finally {
    clearTimeout(timer);
    sent?.destroy();
  }
}

async function request(
  { url, path, headers, request: message }: StreamCall,
  signal: AbortSignal,
): Promise<ClientRequest> {
  const { request: open } = url.protocol === "https:" ? await import("node:https") : await import("node:http");
  const body = toEnvelope(Buffer.from(JSON.stringify(message)));
  const own = { "content-type": "application/connect+json", "content-length": String(body.length) };
  const at = new URL(`${url.pathname.replace(/\/$/, "")}${path}`, url);
  // A connection of its own: it may last for minutes.
  const sent = open(at, { method: "POST", headers: { ...headers, ...own }, agent: false, signal });
  sent.end(body);
  return sent;
}

async function answerTo(sent: ClientRequest): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  sent.once("response", resolve);
  sent.on("error", reject); // also after the answer: then told by its body
  return await promise;
}

async function* watched(answer: IncomingMessage, timer: NodeJS.Timeout): AsyncGenerator<Uint8Array> {
  for await (const piece of answer as AsyncIterable<Buffer>) {
    timer.refresh();
    yield piece;
  }
}

/** A server that does not know the method answers as for a call without a stream. */
async function readFailure(url: URL, answer: IncomingMessage): Promise<Error> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of answer as AsyncIterable<Buffer>) {
    bytes += piece.length;
    if (bytes > MAX_ERROR_BYTES) break;
    pieces.push(piece);
  }
  const status = answer.statusCode ?? 0;
  try {
    return readProblem(JSON.parse(Buffer.concat(pieces).toString("utf8"))) ?? apiAnswerInvalid(url, status);
  } catch (cause) {
    return apiAnswerInvalid(url, status, cause);
  }
}
