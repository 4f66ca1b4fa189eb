import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type Http2Server, type ServerHttp2Stream } from "node:http2";
import { createServer as createSocketServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";

import { type Endpoint, frameMessage, Metadata } from "@opendepot/buildkit";

/** How a fake engine answers one method. */
export type FakeMethod = (stream: ServerHttp2Stream, metadata: Metadata) => void;

/** A gRPC peer on a unix socket that does as a test tells it, where real engines cannot be made to. */
export interface FakeEngine extends AsyncDisposable {
  readonly endpoint: Endpoint;
  /** Paths that were called, in order. */
  readonly calls: string[];
  /** Drops all connections at once, as a crash does; new ones are taken. */
  dropConnections(): void;
}

/** Starts a fake engine; methods that are not given are answered with an empty message. */
export async function startFakeEngine(methods: Readonly<Record<string, FakeMethod>> = {}): Promise<FakeEngine> {
  const folder = await mkdtemp(path.join(tmpdir(), "od-gateway-"));
  const socketPath = path.join(folder, "engine.sock");
  const calls: string[] = [];
  const sockets = new Set<Socket>();
  const server: Http2Server = createServer({ maxHeaderListPairs: 10_000, settings: { maxHeaderListSize: 1 << 20 } });
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  server.on("session", (session) => session.on("error", () => undefined));
  server.on("stream", (stream, headers, _flags, raw) => {
    const called = headers[":path"] ?? "";
    calls.push(called);
    stream.on("error", () => undefined);
    const method = methods[called] ?? answerEmpty;
    method(stream, Metadata.fromRawHeaders(raw));
  });
  await new Promise<void>((resolve) => server.listen(socketPath, resolve));
  const dropConnections = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    endpoint: { kind: "unix", path: socketPath },
    calls,
    dropConnections,
    [Symbol.asyncDispose]: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      dropConnections();
      await closed;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Starts something that takes connections and never says a word. */
export async function startSilentEngine(): Promise<AsyncDisposable & Pick<FakeEngine, "endpoint">> {
  const folder = await mkdtemp(path.join(tmpdir(), "od-gateway-"));
  const socketPath = path.join(folder, "engine.sock");
  const sockets = new Set<Socket>();
  const server = createSocketServer((socket) => {
    sockets.add(socket.on("error", () => undefined).resume());
  });
  await new Promise<void>((resolve) => server.listen(socketPath, resolve));
  return {
    endpoint: { kind: "unix", path: socketPath },
    [Symbol.asyncDispose]: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Answers with one message and OK, once the whole request has come. */
export function answerWith(message: Uint8Array): FakeMethod {
  return (stream) => {
    stream.resume();
    stream.once("end", () => {
      beginAnswer(stream, { "grpc-status": "0" });
      stream.end(frameMessage(message));
    });
  };
}

/** Sends the response headers, and `trailers` when the stream is ended. */
export function beginAnswer(stream: ServerHttp2Stream, trailers: Readonly<Record<string, string | string[]>>): void {
  if (stream.destroyed) return; // a reset may look like the end of the request just before
  stream.on("wantTrailers", () => stream.sendTrailers(trailers));
  stream.respond({ ":status": 200, "content-type": "application/grpc" }, { waitForTrailers: true });
}

const answerEmpty: FakeMethod = answerWith(new Uint8Array(0));
