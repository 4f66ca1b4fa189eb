import assert from "node:assert/strict";
import type { ClientHttp2Stream } from "node:http2";
import { test } from "node:test";
import { gzipSync } from "node:zlib";

import { type Endpoint, frameMessage, GrpcCode } from "@opendepot/buildkit";
import { Control, decode, encode, InfoResponse, SolveRequest, StatusRequest } from "@opendepot/buildkit/wire";

import { checkLeaks } from "@opendepot/testing";

import { answerWith, beginAnswer, startFakeEngine, startSilentEngine } from "./testing/fake-engine.ts";
import { answerOf, callThrough, startTestGateway } from "./testing/test-gateway.ts";

checkLeaks();

const CONTENT_READ = "/containerd.services.content.v1.Content/Read";
const BRIDGE_PING = "/moby.buildkit.v1.frontend.LLBBridge/Ping";
const TRACES = "/opentelemetry.proto.collector.trace.v1.TraceService/Export";

const frameOf = (ref: string, more: object = {}): Buffer => frameMessage(encode(SolveRequest, { ref, ...more }));
const statusOf = (ref: string): Buffer => frameMessage(encode(StatusRequest, { ref }));

test("an allowed call reaches the engine, and its answer the client", async () => {
  const version = { buildkitVersion: { version: "v9" } };
  await using engine = await startFakeEngine({ [Control.info.path]: answerWith(encode(InfoResponse, version)) });
  await using gateway = await startTestGateway(engine.endpoint);

  const answer = await callThrough(await gateway.connect(), Control.info.path);

  assert.equal(answer.status, GrpcCode.ok);
  assert.equal(decode(InfoResponse, answer.body.subarray(5)).buildkitVersion?.version, "v9");
});

for (const path of [Control.prune.path, Control.diskUsage.path, Control.updateBuildHistory.path, "/no.such/Method"]) {
  test(`${path} is refused with a clear text and never reaches the engine`, async () => {
    await using engine = await startFakeEngine();
    await using gateway = await startTestGateway(engine.endpoint);

    const answer = await callThrough(await gateway.connect(), path);

    assert.equal(answer.status, GrpcCode.permissionDenied);
    assert.equal(answer.problem, "call_refused");
    assert.match(answer.message, /a build may not call/);
    assert.deepEqual(engine.calls, []);
  });
}

test("repeated header values arrive apart, in order, however many", async () => {
  let seen: readonly string[] = [];
  await using engine = await startFakeEngine({
    [Control.session.path]: (stream, metadata) => {
      seen = metadata.getAll("x-docker-expose-session-grpc-method");
      beginAnswer(stream, { "grpc-status": "0" });
      stream.end();
    },
  });
  await using gateway = await startTestGateway(engine.endpoint);
  const values = Array.from({ length: 405 }, (_, index) => `/service, ${index}/Mé`);

  const answer = await callThrough(await gateway.connect(), Control.session.path, {
    headers: { "x-docker-expose-session-uuid": "s1", "x-docker-expose-session-grpc-method": values },
  });

  assert.equal(answer.status, GrpcCode.ok);
  assert.deepEqual(seen, values);
});

test("an engine's error reaches the client with all its trailers", async () => {
  const details = Buffer.alloc(20_000, 7).toString("base64");
  await using engine = await startFakeEngine({
    [Control.info.path]: (stream) => {
      beginAnswer(stream, {
        "grpc-status": "5",
        "grpc-message": "not%20here",
        "grpc-status-details-bin": details,
        extra: ["a, b", "c"],
      });
      stream.end(frameMessage(new Uint8Array(3)));
    },
    [Control.listWorkers.path]: (stream) => {
      const headers = {
        ":status": 200,
        "content-type": "application/grpc",
        "grpc-status": "12",
        "grpc-message": "old",
      };
      stream.respond(headers, { endStream: true });
    },
  });
  await using gateway = await startTestGateway(engine.endpoint);
  const session = await gateway.connect();

  const late = await callThrough(session, Control.info.path);
  const early = await callThrough(session, Control.listWorkers.path);

  assert.deepEqual([late.status, late.message, late.body.length], [5, "not here", 8]);
  assert.equal(late.trailers.get("grpc-status-details-bin"), details);
  assert.deepEqual(late.trailers.getAll("extra"), ["a, b", "c"]);
  assert.deepEqual([early.status, early.message, early.body.length], [12, "old", 0]);
});

test("a client's half-close and the engine's end are told apart", async () => {
  const order: string[] = [];
  await using engine = await startFakeEngine({
    [CONTENT_READ]: (stream) => {
      beginAnswer(stream, { "grpc-status": "0" });
      stream.write("first");
      stream.on("data", (chunk: Buffer) => order.push(String(chunk)));
      stream.once("end", () => {
        order.push("half-closed");
        stream.end("last");
      });
    },
  });
  await using gateway = await startTestGateway(engine.endpoint);

  const answer = await callThrough(await gateway.connect(), CONTENT_READ, {
    body: (stream) => {
      stream.once("data", () => stream.end("mine"));
      stream.write("early ");
    },
  });

  assert.equal(order.join(""), "early minehalf-closed");
  assert.equal(answer.body.toString(), "firstlast");
  assert.equal(answer.status, GrpcCode.ok);
});

test("a session that cannot be followed is cut on both sides, and told so", async () => {
  const cut = Promise.withResolvers<number>();
  const received: Buffer[] = [];
  await using engine = await startFakeEngine({
    [Control.session.path]: (stream) => {
      beginAnswer(stream, {});
      stream.on("data", (chunk: Buffer) => received.push(chunk));
      stream.once("close", () => cut.resolve(stream.rstCode ?? 0));
    },
  });
  await using gateway = await startTestGateway(engine.endpoint);
  const compressed = Buffer.from([1, 0, 0, 0, 1, 0]);

  const answer = await callThrough(await gateway.connect(), Control.session.path, {
    headers: { "x-docker-expose-session-uuid": "s1" },
    body: (stream) => stream.once("response", () => stream.write(compressed)),
  });

  assert.deepEqual([answer.status, answer.problem], [GrpcCode.invalidArgument, "session_unreadable"]);
  assert.match(answer.message, /compressed/);
  assert.equal(await cut.promise, 8);
  assert.deepEqual(received, []);
});

test("a call that the client resets is reset in the engine, and the other way round", async () => {
  const resets = Promise.withResolvers<number>();
  await using engine = await startFakeEngine({
    [Control.session.path]: (stream) => {
      beginAnswer(stream, {});
      stream.write("x");
      stream.once("close", () => resets.resolve(stream.rstCode ?? 0));
    },
    [CONTENT_READ]: (stream) => stream.close(11),
  });
  await using gateway = await startTestGateway(engine.endpoint);
  const session = await gateway.connect();

  await callThrough(session, Control.session.path, {
    headers: { "x-docker-expose-session-uuid": "s1" },
    body: (stream) => stream.once("data", () => stream.close(8)),
  });
  const answer = await callThrough(session, CONTENT_READ);

  assert.equal(await resets.promise, 8);
  assert.deepEqual([answer.status, answer.resetCode], [undefined, 11]);
});

test("traces that clients report are taken and dropped", async () => {
  await using engine = await startFakeEngine();
  await using gateway = await startTestGateway(engine.endpoint);

  const answer = await callThrough(await gateway.connect(), TRACES, { body: frameMessage(new Uint8Array(100_000)) });

  assert.equal(answer.status, GrpcCode.ok);
  assert.deepEqual([...answer.body], [0, 0, 0, 0, 0]);
  assert.deepEqual(engine.calls, []);
});

test("a solve is told to the host, passed on byte for byte, and its status may be asked for", async () => {
  const received: Buffer[] = [];
  await using engine = await startFakeEngine({
    [Control.solve.path]: (stream) => {
      stream.on("data", (chunk: Buffer) => received.push(chunk));
      stream.once("end", () => {
        beginAnswer(stream, { "grpc-status": "0" });
        stream.end(Buffer.alloc(5));
      });
    },
  });
  await using gateway = await startTestGateway(engine.endpoint);
  const session = await gateway.connect();
  const request = frameOf("r1", { definition: { def: [new Uint8Array(3_000_000)] } });

  const early = callThrough(session, Control.status.path, { body: statusOf("r1") });
  const solved = await callThrough(session, Control.solve.path, { body: request });

  assert.equal(solved.status, GrpcCode.ok);
  assert.equal((await early).status, GrpcCode.ok, "a status may be faster than its solve");
  assert.deepEqual(gateway.host.solves, [{ caller: { buildId: "build1", builderId: "builder1" }, ref: "r1" }]);
  assert.ok(Buffer.concat(received).equals(request));
});

test("another build's solve is neither followed, nor joined, nor taken over", async () => {
  await using engine = await startFakeEngine();
  await using gateway = await startTestGateway(engine.endpoint, { limits: { claimTimeoutMs: 50 } });
  const [mine, theirs] = [await gateway.connect({ buildId: "b1" }), await gateway.connect({ buildId: "b2" })];
  await callThrough(mine, Control.solve.path, { body: frameOf("r1") });

  const answers = [
    await callThrough(theirs, Control.status.path, { body: statusOf("r1") }),
    await callThrough(theirs, BRIDGE_PING, { headers: { "buildkit-controlapi-buildid": "r1" } }),
    await callThrough(theirs, Control.solve.path, { body: frameOf("r1") }),
    await callThrough(theirs, Control.status.path, { body: statusOf("never-solved") }),
  ];

  assert.deepEqual(
    answers.map(({ status, problem }) => [status, problem]),
    Array(4).fill([7, "ref_refused"]),
  );
  assert.equal((await callThrough(mine, BRIDGE_PING, { headers: { "buildkit-controlapi-buildid": "r1" } })).status, 0);
});

test("another build's session is neither used nor taken over", async () => {
  await using engine = await startFakeEngine({
    [Control.session.path]: (stream) => {
      beginAnswer(stream, { "grpc-status": "0" });
      stream.write("open");
    },
  });
  await using gateway = await startTestGateway(engine.endpoint, { limits: { claimTimeoutMs: 50 } });
  const [mine, theirs] = [await gateway.connect({ buildId: "b1" }), await gateway.connect({ buildId: "b2" })];
  const headers = { "x-docker-expose-session-uuid": "s1" };
  const open = mine.request({ ":method": "POST", ":path": Control.session.path, ...headers }, { endStream: false });
  await new Promise((resolve) => open.once("data", resolve));

  const answers = [
    await callThrough(theirs, Control.session.path, { headers }),
    await callThrough(theirs, Control.solve.path, { body: frameOf("r1", { session: "s1" }) }),
    await callThrough(theirs, Control.solve.path, {
      body: frameOf("r2", { frontendAttrs: { "local-sessionid:context": "s1" } }),
    }),
  ];

  assert.deepEqual(
    answers.map(({ status, problem }) => [status, problem]),
    Array(3).fill([7, "session_refused"]),
  );
  assert.equal((await callThrough(mine, Control.solve.path, { body: frameOf("r3", { session: "s1" }) })).status, 0);
});

test("calls without the one ref or session they need are refused", async () => {
  await using engine = await startFakeEngine();
  await using gateway = await startTestGateway(engine.endpoint);
  const session = await gateway.connect();

  const answers = [
    await callThrough(session, Control.solve.path, { body: frameOf("") }),
    await callThrough(session, Control.solve.path, { body: Buffer.alloc(0) }),
    await callThrough(session, Control.solve.path, { body: Buffer.concat([frameOf("a"), frameOf("b")]) }),
    await callThrough(session, Control.solve.path, { body: frameMessage(Buffer.from([0x0a, 9])) }),
    await callThrough(session, Control.session.path),
    await callThrough(session, Control.session.path, { headers: { "x-docker-expose-session-uuid": ["a", "b"] } }),
    await callThrough(session, BRIDGE_PING),
  ];

  assert.deepEqual(
    answers.map(({ status, problem }) => [status, problem]),
    Array(7).fill([3, "call_malformed"]),
  );
  assert.deepEqual(engine.calls, []);
});

test("entitlements are refused, unless the gateway's owner allows them", async () => {
  await using engine = await startFakeEngine();
  await using strict = await startTestGateway(engine.endpoint);
  await using lenient = await startTestGateway(engine.endpoint, { allowedEntitlements: ["network.host"] });
  const request = frameOf("r1", { entitlements: ["network.host"] });

  const refused = await callThrough(await strict.connect(), Control.solve.path, { body: request });
  const passed = await callThrough(await lenient.connect(), Control.solve.path, { body: request });

  assert.deepEqual([refused.status, refused.problem], [7, "entitlement_refused"]);
  assert.match(refused.message, /network\.host/);
  assert.equal(passed.status, GrpcCode.ok);
});

test("a solve that would crash the engine is refused with what to do instead", async () => {
  await using engine = await startFakeEngine();
  await using gateway = await startTestGateway(engine.endpoint);
  gateway.host.unsafeCompressions = ["estargz"];
  const session = await gateway.connect();
  const asked = (ref: string, compression: string): Buffer =>
    frameOf(ref, { exporters: [{ type: "image", attrs: { compression } }] });

  const refused = await callThrough(session, Control.solve.path, { body: asked("r1", "estargz") });
  const passed = await callThrough(session, Control.solve.path, { body: asked("r2", "zstd") });

  assert.deepEqual([refused.status, refused.problem], [7, "compression_refused"]);
  assert.match(refused.message, /compression=estargz \(use compression=zstd/);
  assert.equal(passed.status, GrpcCode.ok);
});

test("a gzip-compressed solve is judged by what is in it", async () => {
  await using engine = await startFakeEngine();
  await using gateway = await startTestGateway(engine.endpoint);
  const session = await gateway.connect();
  const compress = (message: Uint8Array): Buffer => {
    const frame = frameMessage(gzipSync(message));
    frame[0] = 1;
    return frame;
  };
  const headers = { "grpc-encoding": "gzip" };
  const good = encode(SolveRequest, { ref: "r1" });
  const bad = encode(SolveRequest, { ref: "r2", entitlements: ["security.insecure"] });

  const passed = await callThrough(session, Control.solve.path, { headers, body: compress(good) });
  const refused = await callThrough(session, Control.solve.path, { headers, body: compress(bad) });
  const bomb = await callThrough(session, Control.solve.path, { headers, body: compress(Buffer.alloc(64 << 20)) });
  const unknown = await callThrough(session, Control.solve.path, { body: compress(good) });

  assert.equal(passed.status, GrpcCode.ok);
  assert.equal(refused.problem, "entitlement_refused");
  assert.equal(bomb.problem, "call_malformed");
  assert.equal(unknown.problem, "call_malformed");
});

test("a solve request above 16 MiB, or above the build's budget, is refused", async () => {
  await using engine = await startFakeEngine();
  await using gateway = await startTestGateway(engine.endpoint, { limits: { maxHeldBytesPerBuild: 20 << 20 } });
  const session = await gateway.connect();

  const large = await callThrough(session, Control.solve.path, { body: Buffer.alloc((16 << 20) + 6) });
  const held = session.request({ ":method": "POST", ":path": Control.solve.path }, { endStream: false });
  held.write(Buffer.alloc(12 << 20));
  await new Promise((resolve) => setTimeout(resolve, 300));
  const second = await callThrough(session, Control.solve.path, { body: Buffer.alloc(12 << 20) });
  held.close();

  assert.deepEqual([large.status, large.problem], [8, "limit_exceeded"]);
  assert.deepEqual([second.status, second.problem], [8, "limit_exceeded"]);
  assert.equal((await callThrough(session, Control.solve.path, { body: frameOf("r1") })).status, 0, "and given back");
});

test("when a build ends, its calls are cut with the reason, and its certificate is refused", async () => {
  let isCut = Promise.withResolvers<void>();
  await using engine = await startFakeEngine({
    [Control.session.path]: (stream) => {
      beginAnswer(stream, {});
      stream.write("x");
      stream.once("close", () => isCut.resolve());
    },
    [Control.solve.path]: (stream) => stream.resume(),
  });
  await using gateway = await startTestGateway(engine.endpoint);
  const [session, bystander] = [await gateway.connect(), await gateway.connect({ buildId: "b2" })];
  const headers = { "x-docker-expose-session-uuid": "s1" };
  const started = Promise.withResolvers<ClientHttp2Stream>();
  const streaming = callThrough(session, Control.session.path, {
    headers,
    body: (stream) => stream.once("data", () => started.resolve(stream)),
  });
  const solving = callThrough(session, Control.solve.path, { body: frameOf("r1") });
  await started.promise;

  const begun = performance.now();
  gateway.host.end("build1");
  const [streamed, solved] = await Promise.all([streaming, solving]);
  await isCut.promise;
  const tookMs = performance.now() - begun;
  isCut = Promise.withResolvers();

  for (const { status, problem, message } of [streamed, solved]) {
    assert.deepEqual([status, problem], [GrpcCode.cancelled, "build_ended"]);
    assert.match(message, /build build1 has ended/);
  }
  assert.ok(tookMs < 500, `cut took ${tookMs} ms`);
  for (const again of [session, await gateway.connect()]) {
    const refused = await callThrough(again, Control.info.path);
    assert.deepEqual([refused.status, refused.problem], [GrpcCode.permissionDenied, "build_ended"]);
  }
  assert.equal((await callThrough(bystander, Control.info.path)).status, GrpcCode.ok);
});

test("a client that does not read is cut all the same", async () => {
  await using engine = await startFakeEngine({
    [CONTENT_READ]: (stream) => {
      beginAnswer(stream, {});
      const fill = (): void => {
        while (stream.write(Buffer.alloc(64_000)));
      };
      stream.on("drain", fill);
      fill();
    },
  });
  await using gateway = await startTestGateway(engine.endpoint);
  const session = await gateway.connect();
  const stream = session.request({ ":method": "POST", ":path": CONTENT_READ });
  stream.on("error", () => undefined);
  await new Promise((resolve) => stream.once("response", resolve));
  await new Promise((resolve) => setTimeout(resolve, 200));

  gateway.host.end("build1");
  await new Promise((resolve) => stream.once("aborted", resolve));

  assert.equal(stream.rstCode, 8);
});

test("an engine that is lost ends its calls as unavailable; the next call finds the new one", async () => {
  await using engine = await startFakeEngine({
    [Control.session.path]: (stream) => {
      beginAnswer(stream, {});
      stream.write("x");
    },
    [Control.solve.path]: (stream) => stream.resume(),
  });
  await using gateway = await startTestGateway(engine.endpoint);
  const session = await gateway.connect();
  const streaming = callThrough(session, Control.session.path, {
    headers: { "x-docker-expose-session-uuid": "s1" },
    body: (stream) => stream.once("data", () => engine.dropConnections()),
  });
  const solving = callThrough(session, Control.solve.path, { body: frameOf("r1") });

  for (const { status, problem, message } of await Promise.all([streaming, solving])) {
    assert.deepEqual([status, problem], [GrpcCode.unavailable, "engine_lost"]);
    assert.match(message, /engine of builder builder1 stopped/);
  }
  assert.equal((await callThrough(session, Control.info.path)).status, GrpcCode.ok);
});

test("a build that was ended before its client came is refused, though the engine runs", async () => {
  await using engine = await startFakeEngine();
  await using gateway = await startTestGateway(engine.endpoint);
  gateway.host.end("build1");

  const answer = await callThrough(await gateway.connect(), Control.info.path);

  assert.deepEqual([answer.status, answer.problem], [GrpcCode.permissionDenied, "build_ended"]);
  assert.deepEqual(engine.calls, []);
});

test("without an engine every call says so", async () => {
  await using gateway = await startTestGateway({ kind: "unix", path: "/nonexistent/engine.sock" });

  const answer = await callThrough(await gateway.connect(), Control.info.path);

  assert.deepEqual([answer.status, answer.problem], [GrpcCode.unavailable, "engine_unreachable"]);
  assert.doesNotMatch(answer.message, /nonexistent/, "the engine's own address is not the client's business");
});

test("an engine that takes the connection and says nothing is told of within the limit", async () => {
  await using silent = await startSilentEngine();
  await using gateway = await startTestGateway(silent.endpoint, { limits: { engineTimeoutMs: 100 } });

  const answer = await callThrough(await gateway.connect(), Control.info.path);

  assert.deepEqual([answer.status, answer.problem], [GrpcCode.unavailable, "engine_unreachable"]);
});

test("a build that ends while its engine is being dialed is told so", async () => {
  await using engine = await startFakeEngine();
  await using gateway = await startTestGateway(engine.endpoint);
  const { host } = gateway;
  const admit = host.admit.bind(host);
  host.admit = async (caller) => {
    const admission = await admit(caller);
    const endAndDial = (): Endpoint => {
      host.end(caller.buildId);
      return engine.endpoint;
    };
    return Object.defineProperty({ ...admission }, "endpoint", { get: endAndDial });
  };

  const answer = await callThrough(await gateway.connect(), Control.info.path);

  assert.deepEqual([answer.status, answer.problem], [GrpcCode.permissionDenied, "build_ended"]);
  assert.deepEqual(engine.calls, []);
});

test("an engine that does not read slows the client, and costs a bounded amount of memory", async () => {
  await using engine = await startFakeEngine({ [Control.session.path]: (stream) => stream.pause() });
  await using gateway = await startTestGateway(engine.endpoint);
  const session = await gateway.connect();
  const stream = session.request(
    { ":method": "POST", ":path": Control.session.path, "x-docker-expose-session-uuid": "s1" },
    { endStream: false },
  );
  stream.on("error", () => undefined);

  stream.write(Buffer.alloc(64 << 20));
  await new Promise((resolve) => setTimeout(resolve, 500));

  const sentBytes = session.socket.bytesWritten;
  assert.ok(sentBytes > 1 << 20 && sentBytes < 8 << 20, `${sentBytes} bytes were taken`);
});

test("a client that does not read slows the engine, and costs a bounded amount of memory", async () => {
  let sentBytes = 0;
  await using engine = await startFakeEngine({
    [CONTENT_READ]: (stream) => {
      beginAnswer(stream, {});
      const chunk = Buffer.alloc(64_000);
      const send = (): void => {
        stream.write(chunk, (error) => {
          if (error) return;
          sentBytes += chunk.length;
          send();
        });
      };
      send();
    },
  });
  await using gateway = await startTestGateway(engine.endpoint);
  const session = await gateway.connect();

  session.request({ ":method": "POST", ":path": CONTENT_READ }).on("error", () => undefined);
  await new Promise((resolve) => setTimeout(resolve, 500));

  assert.ok(sentBytes > 0 && sentBytes < 4 << 20, `${sentBytes} bytes were taken`);
});

test("a closing gateway tells its calls why", async () => {
  await using engine = await startFakeEngine({ [Control.solve.path]: (stream) => stream.resume() });
  const gateway = await startTestGateway(engine.endpoint);
  const session = await gateway.connect();
  const stream = session.request({ ":method": "POST", ":path": Control.solve.path }, { endStream: false });
  const ended = answerOf(stream);
  stream.write("x");
  await new Promise((resolve) => setTimeout(resolve, 50));

  const begun = performance.now();
  await gateway[Symbol.asyncDispose]();
  await gateway[Symbol.asyncDispose]();

  const { status, problem } = await ended;
  assert.deepEqual([status, problem], [GrpcCode.unavailable, "gateway_closing"]);
  assert.ok(performance.now() - begun < 3_000);
});

test("calls beyond a build's limits are refused", async () => {
  await using engine = await startFakeEngine({ [CONTENT_READ]: (stream) => stream.resume() });
  await using gateway = await startTestGateway(engine.endpoint, {
    limits: { maxCallsPerBuild: 1, maxConnectionsPerBuild: 1 },
  });
  const session = await gateway.connect();
  session.request({ ":method": "POST", ":path": CONTENT_READ }, { endStream: false }).on("error", () => undefined);

  const call = await callThrough(session, Control.info.path);
  const connection = await callThrough(await gateway.connect(), Control.info.path);

  assert.deepEqual([call.status, call.problem], [GrpcCode.resourceExhausted, "limit_exceeded"]);
  assert.deepEqual([connection.status, connection.problem], [GrpcCode.resourceExhausted, "limit_exceeded"]);
});
