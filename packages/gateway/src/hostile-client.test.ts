import assert from "node:assert/strict";
import { once } from "node:events";
import { type ClientHttp2Session, connect as connectHttp2 } from "node:http2";
import { connect as connectTcp, type Socket } from "node:net";
import { test } from "node:test";
import { connect as connectTls, type TLSSocket } from "node:tls";

import { Control } from "@opendepot/buildkit/wire";

import { checkLeaks } from "@opendepot/testing";

import { createAuthority, openAuthority } from "./authority.ts";
import { serverNameOf } from "./names.ts";
import { startFakeEngine } from "./testing/fake-engine.ts";
import { callThrough, startTestGateway, type TestGateway } from "./testing/test-gateway.ts";

checkLeaks();

/** What a hostile client may have done, a good one is served after it. */
async function assertServes(gateway: TestGateway): Promise<void> {
  assert.equal((await callThrough(await gateway.connect({ buildId: "good" }), Control.info.path)).status, 0);
}

/** Resolves when the peer has dropped the connection. */
async function droppedAfter(socket: Socket | TLSSocket): Promise<void> {
  socket.on("error", () => undefined);
  socket.resume();
  await new Promise<void>((resolve) => {
    if (socket.closed) resolve();
    else socket.once("close", () => resolve());
  });
}

for (const [what, bytes] of [
  ["garbage", Buffer.alloc(4096, 0xa5)],
  ["plain HTTP/1.1", Buffer.from("GET / HTTP/1.1\r\nhost: x\r\n\r\n")],
  ["plain HTTP/2", Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")],
] as const) {
  test(`${what} instead of TLS is dropped`, async () => {
    await using engine = await startFakeEngine();
    await using gateway = await startTestGateway(engine.endpoint);
    const { host, port } = gateway.gateway.address;

    const socket = connectTcp({ host, port });
    socket.write(bytes);
    await droppedAfter(socket);

    await assertServes(gateway);
  });
}

test("a client that never finishes its handshake is dropped", async () => {
  await using engine = await startFakeEngine();
  await using gateway = await startTestGateway(engine.endpoint, { limits: { handshakeTimeoutMs: 100 } });
  const { host, port } = gateway.gateway.address;

  await droppedAfter(connectTcp({ host, port }));

  await assertServes(gateway);
});

/** TLS clients that must not get a single call through, by what is wrong with them. */
const strangers: Readonly<Record<string, (gateway: TestGateway) => Promise<object>>> = {
  "no certificate": async () => ({ cert: undefined, key: undefined }),
  "a certificate of another authority": async () => {
    const other = await openAuthority(await createAuthority());
    const { certPem: cert, keyPem: key } = await other.issueClient({ buildId: "b1" });
    return { cert, key };
  },
  "an expired certificate": async ({ authority }) => {
    const { certPem: cert, keyPem: key } = await authority.issueClient({
      buildId: "b1",
      expiresAt: new Date(Date.now() - 60_000),
    });
    return { cert, key };
  },
  "a builder's certificate": async ({ authority }) => {
    const { certPem: cert, keyPem: key } = await authority.issueServer(serverNameOf("builder1"));
    return { cert, key };
  },
  "a server name that is none": async () => ({ servername: "example.com" }),
  "no server name": async () => ({ servername: "" }),
  "TLS 1.2": async () => ({ maxVersion: "TLSv1.2" }),
  "another protocol": async () => ({ ALPNProtocols: ["http/1.1"] }),
};

for (const [what, makeFlaw] of Object.entries(strangers)) {
  test(`a client with ${what} gets nowhere`, async () => {
    await using engine = await startFakeEngine();
    await using gateway = await startTestGateway(engine.endpoint);
    const { host, port, tls } = await gateway.endpointOf();

    const socket = connectTls({
      host,
      port,
      ...tls,
      servername: tls?.serverName ?? "",
      rejectUnauthorized: false,
      ...(await makeFlaw(gateway)),
    });
    const session = connectHttp2("https://gateway", { createConnection: () => socket });
    session.on("error", () => undefined);
    const answer = await callThrough(session, Control.info.path);
    socket.destroy();

    assert.equal(answer.status, undefined);
    assert.deepEqual(engine.calls, []);
    await assertServes(gateway);
  });
}

/** An admitted client's own TLS socket, to write on it what no HTTP/2 library would. */
async function openRaw(gateway: TestGateway): Promise<TLSSocket> {
  const { host, port, tls } = await gateway.endpointOf({ buildId: "hostile" });
  const socket = connectTls({ host, port, ...tls, servername: tls?.serverName ?? "" });
  await once(socket, "secureConnect");
  return socket;
}

test("an admitted client that speaks no HTTP/2 is dropped", async () => {
  await using engine = await startFakeEngine();
  await using gateway = await startTestGateway(engine.endpoint);

  const socket = await openRaw(gateway);
  socket.write(Buffer.alloc(100_000, 0x41));
  await droppedAfter(socket);

  await assertServes(gateway);
});

test("an admitted client that is silent, or never answers a ping, is dropped", async () => {
  await using engine = await startFakeEngine();
  await using gateway = await startTestGateway(engine.endpoint, { limits: { pingIntervalMs: 50 } });

  await droppedAfter(await openRaw(gateway));

  await assertServes(gateway);
});

test("a client that keeps answering pings stays", async () => {
  await using engine = await startFakeEngine();
  await using gateway = await startTestGateway(engine.endpoint, { limits: { pingIntervalMs: 20 } });
  const session = await gateway.connect();

  await new Promise((resolve) => setTimeout(resolve, 200));

  assert.equal((await callThrough(session, Control.info.path)).status, 0);
});

async function resetRapidly(session: ClientHttp2Session): Promise<void> {
  for (let round = 0; round < 50 && !session.destroyed; round++) {
    for (let index = 0; index < 100 && !session.destroyed; index++) {
      const stream = session.request({ ":method": "POST", ":path": Control.info.path }, { endStream: false });
      stream.on("error", () => undefined);
      stream.close(8);
    }
    await new Promise(setImmediate);
  }
}

test("a client that opens and resets thousands of calls harms nobody else", async () => {
  await using engine = await startFakeEngine();
  await using gateway = await startTestGateway(engine.endpoint);
  const session = await gateway.connect({ buildId: "hostile" });

  await resetRapidly(session);

  await assertServes(gateway);
});

test("header fields beyond the limit cost the client its call, not others theirs", async () => {
  await using engine = await startFakeEngine();
  await using gateway = await startTestGateway(engine.endpoint, { limits: { maxHeaderBytes: 10_000 } });
  const session = await gateway.connect({ buildId: "hostile" });
  const values = Array.from({ length: 500 }, (_, index) => `value number ${index}`);

  const answer = await callThrough(session, Control.info.path, { headers: { "x-many": values } });

  assert.notEqual(answer.status, 0);
  assert.deepEqual(engine.calls, []);
  await assertServes(gateway);
});

/** An HTTP/2 frame: RFC 9113 section 4.1. */
function http2Frame(type: number, flags: number, streamId: number, payload: Buffer): Buffer {
  const header = Buffer.alloc(9);
  header.writeUIntBE(payload.length, 0, 3);
  header.writeUInt8(type, 3);
  header.writeUInt8(flags, 4);
  header.writeUInt32BE(streamId, 5);
  return Buffer.concat([header, payload]);
}

/** Header fields as literals without indexing: RFC 7541 section 6.2.2. */
function headerBlock(fields: ReadonlyArray<readonly [name: string, value: string]>): Buffer {
  const literal = (text: string): Buffer => Buffer.concat([Buffer.from([text.length]), Buffer.from(text, "latin1")]);
  return Buffer.concat(fields.flatMap(([name, value]) => [Buffer.from([0]), literal(name), literal(value)]));
}

const goodFields = [
  [":method", "POST"],
  [":scheme", "https"],
  [":authority", "x"],
  [":path", Control.info.path],
  ["te", "trailers"],
] as const;

const badFields: Readonly<Record<string, ReadonlyArray<readonly [string, string]>>> = {
  "a second :path": [...goodFields.slice(0, 4), [":path", Control.prune.path]],
  "a second content-type": [...goodFields, ["content-type", "application/grpc"], ["content-type", "text/plain"]],
  "a connection header": [...goodFields, ["connection", "keep-alive"]],
  "an upper-case name": [...goodFields, ["X-Name", "v"]],
  "no :path": goodFields.filter(([name]) => name !== ":path"),
  "another method": [[":method", "GET"], ...goodFields.slice(1)],
};

for (const [what, fields] of Object.entries(badFields)) {
  test(`a call with ${what} does not reach the engine`, async () => {
    await using engine = await startFakeEngine();
    await using gateway = await startTestGateway(engine.endpoint);

    const socket = await openRaw(gateway);
    const settings = http2Frame(4, 0, 0, Buffer.alloc(0));
    const headers = http2Frame(1, 0x5, 1, headerBlock(fields));
    socket.write(Buffer.concat([Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), settings, headers]));
    await once(socket, "data");
    await assertServes(gateway);
    socket.destroy();

    assert.deepEqual(engine.calls, [Control.info.path], "the good client's call only");
  });
}
