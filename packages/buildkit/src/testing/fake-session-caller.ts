import { type ClientHttp2Session, type ClientHttp2Stream, connect, type OutgoingHttpHeaders } from "node:http2";
import type { RawCall } from "../rpc/channel.ts";
import { frameMessage } from "../rpc/frames.ts";
import { Metadata } from "../rpc/metadata.ts";
import { type FakeCall, messagesOf } from "./fake-engine.ts";
import { openTunnel } from "./tunnel-stream.ts";

/** The engine's end of a session: an HTTP/2 client inside the `Control.Session` call that a fake engine got. */
export interface FakeSessionCaller extends AsyncDisposable {
  readonly connection: ClientHttp2Session;
  /** Opens a call to a service of the session; repeated headers as arrays. */
  open(path: string, headers?: OutgoingHttpHeaders): ClientHttp2Stream;
}

/** What one call to the session came to. */
export interface FakeAnswer {
  readonly trailers: Metadata;
  readonly body: Buffer;
}

/** Takes over a session call. */
export function callIntoSession(call: FakeCall): FakeSessionCaller {
  call.stream.respond({ ":status": 200, "content-type": "application/grpc" });
  const connection = connect("http://session", {
    createConnection: () => openTunnel(asRawCall(call)),
    settings: { maxHeaderListSize: 1024 * 1024 },
    maxSendHeaderBlockLength: 16 * 1024 * 1024,
  });
  connection.on("error", () => undefined);
  return {
    connection,
    open: (path, headers = {}) => {
      const stream = connection.request({
        ...headers,
        ":method": "POST",
        ":path": path,
        "content-type": "application/grpc",
        te: "trailers",
      });
      stream.on("error", () => undefined);
      return stream;
    },
    [Symbol.asyncDispose]: async () => connection.destroy(),
  };
}

/** Sends one message, half-closes, and waits for the end of the call. */
export async function finishCall(stream: ClientHttp2Stream, message?: Uint8Array): Promise<FakeAnswer> {
  const trailers = trailersOfCall(stream);
  stream.end(message && frameMessage(message));
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return { trailers: await trailers, body: Buffer.concat(chunks) };
}

/** The trailers of a call, also of one that has nothing else. */
export function trailersOfCall(stream: ClientHttp2Stream): Promise<Metadata> {
  const { promise, resolve } = Promise.withResolvers<Metadata>();
  const take = (_headers: unknown, _flags: unknown, raw: string[] = []): void => {
    const metadata = Metadata.fromRawHeaders(raw);
    if (metadata.get("grpc-status") !== undefined) resolve(metadata);
  };
  stream.on("response", take);
  stream.on("trailers", take);
  stream.once("close", () => resolve(new Metadata()));
  return promise;
}

function asRawCall(call: FakeCall): RawCall {
  const { stream } = call;
  return {
    messages: messagesOf(call),
    send: async (message) => void stream.write(frameMessage(message)),
    sendFramed: async (frames, onLeft) => {
      for (const frame of frames.slice(0, -1)) stream.write(frame);
      stream.write(frames.at(-1) ?? "", onLeft);
    },
    end: () => stream.end(),
    cancel: () => stream.close(8),
  };
}
