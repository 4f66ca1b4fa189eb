import { once } from "node:events";
import { createServer, type ServerHttp2Session, type ServerHttp2Stream } from "node:http2";
import type { AddressInfo } from "node:net";
import type { Endpoint } from "../endpoint.ts";
import { FrameDecoder, frameMessage } from "../rpc/frames.ts";
import { Metadata } from "../rpc/metadata.ts";

/** One call as the fake engine sees it. */
export interface FakeCall {
  readonly stream: ServerHttp2Stream;
  readonly path: string;
  readonly metadata: Metadata;
}

/** A gRPC server over real HTTP/2 whose every answer, right or wrong, the test decides. */
export interface FakeEngine extends AsyncDisposable {
  readonly endpoint: Endpoint & { readonly kind: "tcp" };
  /** Connections that are open now. */
  readonly sessions: ReadonlySet<ServerHttp2Session>;
}

/** Starts a {@link FakeEngine}; `answer` gets every call. */
export async function startFakeEngine(answer: (call: FakeCall) => void): Promise<FakeEngine> {
  const server = createServer({ maxHeaderListPairs: 65_536, settings: { maxHeaderListSize: 16 * 1024 * 1024 } });
  const sessions = new Set<ServerHttp2Session>();
  server.on("session", (session) => {
    sessions.add(session);
    session.once("close", () => sessions.delete(session));
    session.on("error", () => undefined);
  });
  server.on("stream", (stream, headers, _flags, raw) => {
    stream.on("error", () => undefined);
    answer({ stream, path: headers[":path"] ?? "", metadata: Metadata.fromRawHeaders(raw) });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    endpoint: { kind: "tcp", host: "127.0.0.1", port: (server.address() as AddressInfo).port },
    sessions,
    async [Symbol.asyncDispose](): Promise<void> {
      for (const session of sessions) session.destroy();
      const { promise, resolve } = Promise.withResolvers<void>();
      server.close(() => resolve());
      await promise;
    },
  };
}

/** Answers with messages and trailers; OK unless `trailers` say otherwise. */
export function answerWith(
  { stream }: FakeCall,
  messages: readonly Uint8Array[],
  trailers: Record<string, string | string[]> = { "grpc-status": "0" },
): void {
  stream.respond({ ":status": 200, "content-type": "application/grpc" }, { waitForTrailers: true });
  stream.once("wantTrailers", () => stream.sendTrailers(trailers));
  for (const message of messages) stream.write(frameMessage(message));
  stream.end();
}

/** The messages that a call sends, until it half-closes. */
export async function* messagesOf({ stream }: FakeCall): AsyncGenerator<Uint8Array, void, undefined> {
  const decoder = new FrameDecoder();
  for await (const chunk of stream.iterator({ destroyOnReturn: false })) yield* decoder.push(chunk);
}
