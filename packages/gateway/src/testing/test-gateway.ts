import { once } from "node:events";
import { type ClientHttp2Session, type ClientHttp2Stream, connect, type OutgoingHttpHeaders } from "node:http2";
import { connect as connectTls, type TLSSocket } from "node:tls";

import { type Endpoint, Metadata } from "@opendepot/buildkit";

import { type Authority, createAuthority, type KeyAndCertificate, openAuthority } from "../authority.ts";
import { type Gateway, startGateway } from "../gateway.ts";
import { serverNameOf } from "../names.ts";
import type { GatewayOptions } from "../options.ts";
import { RecordingHost } from "./recording-host.ts";

/** Who a test's client is, and whom it asks for. */
export interface TestClientOptions {
  /** Default: `build1`. */
  readonly buildId?: string;
  /** Default: `builder1`. */
  readonly builderId?: string;
}

/** A gateway with an authority and a host of its own. */
export interface TestGateway extends AsyncDisposable {
  readonly gateway: Gateway;
  readonly authority: Authority;
  readonly host: RecordingHost;
  /** The way in for a real client. */
  endpointOf(client?: TestClientOptions): Promise<Endpoint & { readonly kind: "tcp" }>;
  /** A bare HTTP/2 session through mutual TLS; closed with the gateway at the latest. */
  connect(client?: TestClientOptions): Promise<ClientHttp2Session>;
}

/** How a call ended. */
export interface TestAnswer {
  /** `undefined` when the call was reset. */
  readonly status: number | undefined;
  readonly message: string;
  readonly problem: string | undefined;
  readonly trailers: Metadata;
  readonly body: Buffer;
  readonly resetCode: number;
}

/** Starts a gateway in front of the engine at `endpoint`. */
export async function startTestGateway(
  endpoint: Endpoint,
  options: Partial<GatewayOptions> = {},
): Promise<TestGateway> {
  const authority = await openAuthority(await sharedAuthority());
  const host = new RecordingHost(endpoint);
  const gateway = await startGateway({ authority, host, ...options });
  const cleanup = new AsyncDisposableStack();
  const endpointOf: TestGateway["endpointOf"] = async ({ buildId = "build1", builderId = "builder1" } = {}) => {
    const { certPem: cert, keyPem: key } = await authority.issueClient({ buildId });
    const serverName = serverNameOf(builderId);
    return { kind: "tcp", ...gateway.address, tls: { ca: authority.caPem, cert, key, serverName } };
  };
  return {
    gateway,
    authority,
    host,
    endpointOf,
    connect: async (client) => {
      const socket = await connectSocket(await endpointOf(client));
      cleanup.defer(() => void socket.destroy());
      return openHttp2(socket);
    },
    [Symbol.asyncDispose]: async () => {
      await gateway[Symbol.asyncDispose]();
      // Node leaves some sockets open whose HTTP/2 session has failed.
      await cleanup.disposeAsync();
    },
  };
}

/** Makes one call and waits for its end. `body` is sent as it is; a function writes it itself. */
export async function callThrough(
  session: ClientHttp2Session,
  path: string,
  request: {
    readonly headers?: OutgoingHttpHeaders;
    readonly body?: Uint8Array | ((stream: ClientHttp2Stream) => void);
  } = {},
): Promise<TestAnswer> {
  const stream = session.request(
    { ":method": "POST", ":path": path, "content-type": "application/grpc", te: "trailers", ...request.headers },
    { endStream: false },
  );
  if (typeof request.body === "function") request.body(stream);
  else stream.end(request.body ?? Buffer.alloc(5));
  return await answerOf(stream);
}

/** Waits for a call's end. */
export async function answerOf(stream: ClientHttp2Stream): Promise<TestAnswer> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const chunks: Buffer[] = [];
  let trailers = new Metadata();
  stream.on("data", (chunk: Buffer) => chunks.push(chunk));
  stream.on("error", () => undefined);
  const keep = (_headers: unknown, _flags: number, raw: readonly string[]): void => {
    const metadata = Metadata.fromRawHeaders(raw);
    if (metadata.get("grpc-status") !== undefined) trailers = metadata;
  };
  stream.once("response", keep);
  stream.once("trailers", keep);
  // As gRPC clients do: the status is the end of the call, whatever was still to be sent.
  stream.once("end", () => stream.close());
  stream.once("close", resolve);
  await promise;
  const status = trailers.get("grpc-status");
  return {
    status: status === undefined ? undefined : Number(status),
    message: decodeURIComponent(trailers.get("grpc-message") ?? ""),
    problem: trailers.get("opendepot-problem"),
    trailers,
    body: Buffer.concat(chunks),
    resetCode: stream.rstCode ?? 0,
  };
}

async function connectSocket({ host, port, tls }: Endpoint & { readonly kind: "tcp" }): Promise<TLSSocket> {
  const socket = connectTls({ host, port, ...tls, servername: tls?.serverName ?? "", ALPNProtocols: ["h2"] });
  await once(socket, "secureConnect");
  return socket;
}

function openHttp2(socket: TLSSocket): ClientHttp2Session {
  const session = connect("https://gateway", {
    createConnection: () => socket,
    maxHeaderListPairs: 10_000,
    maxSendHeaderBlockLength: 1 << 20,
  });
  session.on("error", () => undefined);
  return session;
}

let authorityOfTests: Promise<KeyAndCertificate> | undefined;

/** One for a whole test process: they are not what is tested. */
async function sharedAuthority(): Promise<KeyAndCertificate> {
  authorityOfTests ??= createAuthority();
  return await authorityOfTests;
}
