import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { createConnection, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { isProblem } from "@opendepot/base";
import { openBuildkit } from "./client.ts";
import { dial } from "./dial.ts";
import type { Endpoint } from "./endpoint.ts";
import { GrpcCode, GrpcError } from "./rpc/grpc-error.ts";
import { createTestAuthority } from "./testing/certificates.ts";
import { answerWith, startFakeEngine } from "./testing/fake-engine.ts";
import { startRawServer } from "./testing/raw-server.ts";
import { startTlsPipe, tlsEndpoint } from "./testing/tls-pipe.ts";

interface Listening extends AsyncDisposable {
  readonly path: string;
}

/** A server on a unix socket of its own. */
async function listen(onConnection: (socket: Socket) => void): Promise<Listening> {
  await using cleanup = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), "od-dial-"));
  cleanup.defer(() => rm(folder, { recursive: true, force: true }));
  const path = join(folder, "engine.sock");
  cleanup.use(await startRawServer(onConnection, { path }));
  const owned = cleanup.move();
  return { path, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

function failsWith(code: string, text?: RegExp): (error: unknown) => boolean {
  return (error) => {
    assert.ok(isProblem(error, code), String(error));
    assert.ok(error.hint);
    if (text) assert.match(error.message, text);
    return true;
  };
}

test("a socket that is not there or refuses is engine_unreachable", async () => {
  await assert.rejects(
    dial({ kind: "unix", path: "/nonexistent/engine.sock" }),
    failsWith("engine_unreachable", /unix:\/\/\/nonexistent\/engine\.sock/),
  );
  const closed = await startFakeEngine(() => undefined);
  await closed[Symbol.asyncDispose]();
  await assert.rejects(dial(closed.endpoint), failsWith("engine_unreachable", /ECONNREFUSED/));
  await assert.rejects(
    dial({ ...closed.endpoint, host: "localhost" }),
    failsWith("engine_unreachable", /: .*ECONNREFUSED/),
  );
});

test("an abort ends dialing with its reason", async () => {
  await using silent = await listen(() => undefined);
  const reason = new Error("no longer wanted");
  const abort = new AbortController();
  const dialing = dial({ kind: "docker", path: silent.path }, { signal: abort.signal });
  setTimeout(() => abort.abort(reason), 20);
  await assert.rejects(dialing, (error) => error === reason);
  await assert.rejects(
    dial({ kind: "unix", path: silent.path }, { signal: abort.signal }),
    (error) => error === reason,
  );
});

test("a Docker Engine that does not answer the upgrade in time is engine_unreachable", async () => {
  await using silent = await listen(() => undefined);
  const endpoint: Endpoint = { kind: "docker", path: silent.path };
  await assert.rejects(dial(endpoint, { timeoutMs: 50 }), failsWith("engine_unreachable", /within 50 ms/));
});

test("a Docker Engine without BuildKit is engine_not_buildkit", async () => {
  const answers = ["HTTP/1.1 404 Not Found\r\n\r\n", "HTTP/1.1 1010 odd\r\n\r\n", `HTTP/1.1 ${"x".repeat(20_000)}`, ""];
  for (const answer of answers) {
    await using docker = await listen((socket) => socket.end(answer));
    await assert.rejects(
      dial({ kind: "docker", path: docker.path }),
      failsWith("engine_not_buildkit"),
      answer.slice(0, 30),
    );
  }
});

test("after the upgrade of a Docker Engine nothing that came with it is lost", async () => {
  await using engine = await startFakeEngine((call) => answerWith(call, [new Uint8Array(0)]));
  const request = Promise.withResolvers<string>();
  await using docker = await listen((socket) => {
    socket.once("data", (head: Buffer) => {
      request.resolve(head.toString());
      const upstream = connectTo(engine.endpoint, socket);
      // The first bytes of HTTP/2 in the same packet as the end of HTTP/1, and the head in two packets.
      socket.write("HTTP/1.1 101 UPGRADED\r\nConnection: Upgr");
      upstream.once("data", (settings: Buffer) => {
        socket.write(Buffer.concat([Buffer.from("ade\r\nUpgrade: h2c\r\n\r\n"), settings]));
        upstream.pipe(socket);
        socket.pipe(upstream);
      });
    });
  });
  await using client = await openBuildkit({ kind: "docker", path: docker.path });
  await client.info();
  assert.match(await request.promise, /^POST \/grpc HTTP\/1\.1\r\n(?:.*\r\n)*Upgrade: h2c\r\n/);
});

test("mutual TLS offers h2 and the server name, and calls work on it", async () => {
  const authority = await createTestAuthority();
  await using engine = await startFakeEngine((call) => answerWith(call, [new Uint8Array(0)]));
  const server = { ca: authority.ca, ...(await authority.issue("builder.test")) };
  await using pipe = await startTlsPipe(engine.endpoint, server);

  await using client = await openBuildkit(tlsEndpoint(pipe, await authority.clientTls("builder.test")));
  await client.info();

  assert.deepEqual(pipe.last, { serverName: "builder.test", protocol: "h2", version: "TLSv1.3" });
});

test("a server of another authority or name is engine_untrusted", async () => {
  const [authority, other] = [await createTestAuthority(), await createTestAuthority()];
  const server = { ca: authority.ca, ...(await authority.issue("builder.test")) };
  await using pipe = await startTlsPipe({ path: "/nonexistent" }, server);
  await assert.rejects(dial(tlsEndpoint(pipe, await other.clientTls("builder.test"))), failsWith("engine_untrusted"));
  await assert.rejects(dial(tlsEndpoint(pipe, await authority.clientTls("x.test"))), failsWith("engine_untrusted"));
  await assert.rejects(
    dial(tlsEndpoint(pipe, { ...(await authority.clientTls("builder.test")), key: "no key" })),
    failsWith("engine_untrusted"),
  );
});

test("a client certificate that the engine refuses shows in the first call", async () => {
  const [authority, other] = [await createTestAuthority(), await createTestAuthority()];
  const server = { ca: authority.ca, ...(await authority.issue("builder.test")) };
  await using pipe = await startTlsPipe({ path: "/nonexistent" }, server);
  const tls = { ...(await other.clientTls("builder.test")), ca: authority.ca };
  await using client = await openBuildkit(tlsEndpoint(pipe, tls));
  await assert.rejects(client.info(), (error) => {
    assert.ok(error instanceof GrpcError);
    assert.equal(error.code, GrpcCode.unavailable);
    assert.match(error.message, /certificate/i);
    return true;
  });
});

test("an address that speaks no TLS is engine_untrusted, one that says nothing is engine_unreachable", async () => {
  const authority = await createTestAuthority();
  const tls = await authority.clientTls("builder.test");
  for (const [greeting, code] of [
    ["HTTP/1.1 400 Bad Request\r\n\r\n", "engine_untrusted"],
    ["", "engine_unreachable"],
  ] as const) {
    await using server = await startRawServer((socket) => socket.write(greeting));
    const endpoint: Endpoint = { kind: "tcp", host: "127.0.0.1", port: server.port, tls };
    await assert.rejects(dial(endpoint, { timeoutMs: 200 }), failsWith(code));
  }
});

function connectTo(endpoint: { host: string; port: number }, client: Socket): Socket {
  const upstream = createConnection(endpoint);
  upstream.on("error", () => undefined);
  client.once("close", () => upstream.destroy());
  return upstream;
}
