import type { Socket } from "node:net";
import { abortable } from "@opendepot/base";
import { type HttpAnswer, HttpResponseReader } from "./http1-response.ts";

/** Servers keep unused connections for some seconds; one that may be about to be closed is not used any more. */
const REUSE_WITHIN_MS = 3_000;

/** A POST request. */
export interface HttpRequest {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  readonly maxAnswerBytes: number;
  readonly signal: AbortSignal;
}

/**
 * A server that is spoken to in HTTP/1.1, over connections that are used again. Written for a few small calls: Node's
 * own client takes longer to load than such a call takes.
 */
export class HttpPeer implements Disposable {
  readonly #url: URL;
  readonly #sockets: Set<Socket> = new Set();
  readonly #idle: Array<{ readonly socket: Socket; readonly sinceMs: number }> = [];

  constructor(url: URL) {
    this.#url = url;
  }

  /** @throws {HttpSyntaxError}, the socket's error, or the signal's reason */
  async post(request: HttpRequest): Promise<HttpAnswer> {
    request.signal.throwIfAborted();
    const socket = this.#takeIdle() ?? (await this.#open(request.signal));
    try {
      const answer = await abortable(exchange(socket, requestHead(this.#url, request), request), request.signal);
      if (answer.isReusable) this.#idle.push({ socket, sinceMs: Date.now() });
      else socket.destroy();
      return answer;
    } catch (error) {
      socket.destroy();
      throw error;
    }
  }

  [Symbol.dispose](): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  #takeIdle(): Socket | undefined {
    for (let kept = this.#idle.pop(); kept; kept = this.#idle.pop()) {
      if (!kept.socket.destroyed && Date.now() - kept.sinceMs < REUSE_WITHIN_MS) return kept.socket;
      kept.socket.destroy();
    }
    return undefined;
  }

  async #open(signal: AbortSignal): Promise<Socket> {
    const { protocol, port } = this.#url;
    const host = this.#url.hostname.replace(/^\[(.*)\]$/, "$1");
    const isTls = protocol === "https:";
    const address = { host, port: Number(port) || (isTls ? 443 : 80) };
    const { isIP, connect } = await import("node:net");
    const socket = isTls
      ? (await import("node:tls")).connect({ ...address, ...(isIP(host) ? {} : { servername: host }) })
      : connect(address);
    this.#sockets.add(socket);
    socket.once("close", () => this.#sockets.delete(socket));
    socket.setNoDelay(true);
    try {
      await abortable(connected(socket, isTls ? "secureConnect" : "connect"), signal);
      return socket;
    } catch (error) {
      socket.destroy();
      throw error;
    }
  }
}

function connected(socket: Socket, event: "connect" | "secureConnect"): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once(event, resolve);
    socket.on("error", reject); // stays: an error later on is told by "close", but one without listener ends the process
    socket.once("close", () => reject(new Error("the connection was closed")));
  });
}

function requestHead(url: URL, { path, headers, body }: HttpRequest): string {
  const lines = [`POST ${url.pathname.replace(/\/$/, "")}${path} HTTP/1.1`, `host: ${url.host}`];
  for (const [name, value] of Object.entries(headers)) lines.push(`${name}: ${value}`);
  return `${lines.join("\r\n")}\r\ncontent-length: ${body.length}\r\n\r\n`;
}

function exchange(socket: Socket, head: string, { body, maxAnswerBytes }: HttpRequest): Promise<HttpAnswer> {
  const { promise, resolve, reject } = Promise.withResolvers<HttpAnswer>();
  const reader = new HttpResponseReader(maxAnswerBytes);
  const attempt = (read: () => HttpAnswer | undefined): void => {
    try {
      const answer = read();
      if (answer) resolve(answer);
    } catch (error) {
      reject(error);
    }
  };
  const onData = (chunk: Buffer): void => attempt(() => reader.push(chunk));
  const onEnd = (): void => attempt(() => reader.end());
  socket.on("data", onData).once("end", onEnd).once("close", onEnd).once("error", reject);
  socket.write(Buffer.concat([Buffer.from(head, "latin1"), body]));
  return promise.finally(() => {
    socket.off("data", onData).off("end", onEnd).off("close", onEnd).off("error", reject);
  });
}
