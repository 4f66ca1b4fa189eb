import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { type BuildkitClient, openBuildkit } from "../client.ts";
import { frameMessage } from "../rpc/frames.ts";
import { GrpcCode, GrpcError } from "../rpc/grpc-error.ts";
import type { Metadata } from "../rpc/metadata.ts";
import { type FakeCall, startFakeEngine } from "../testing/fake-engine.ts";
import { callIntoSession, type FakeSessionCaller, finishCall, trailersOfCall } from "../testing/fake-session-caller.ts";
import type { SessionCall, SessionMethod } from "./service.ts";
import { openSession, type Session } from "./session.ts";

const MIB = 1024 * 1024;

interface Opened extends AsyncDisposable {
  readonly client: BuildkitClient;
  readonly session: Session;
  /** The `Control.Session` call as the engine got it. */
  readonly call: FakeCall;
  readonly caller: FakeSessionCaller;
}

async function open(methods: Record<string, SessionMethod>, sharedKey?: string): Promise<Opened> {
  await using cleanup = new AsyncDisposableStack();
  const arrived = Promise.withResolvers<FakeCall>();
  const engine = cleanup.use(await startFakeEngine((call) => arrived.resolve(call)));
  const client = cleanup.use(await openBuildkit(engine.endpoint));
  const session = cleanup.use(openSession(client.channel, { services: [{ name: "test.Echo", methods }], sharedKey }));
  const call = await arrived.promise;
  const caller = cleanup.use(callIntoSession(call));
  const owned = cleanup.move();
  return { client, session, call, caller, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

async function echo(call: SessionCall): Promise<void> {
  for await (const message of call.messages) await call.send(message);
}

test("the session call names the session, its key and each method in a header of its own", async () => {
  await using opened = await open({ One: echo, Two: echo }, "wörk:node");
  const { metadata, path } = opened.call;
  assert.equal(path, "/moby.buildkit.v1.Control/Session");
  assert.equal(metadata.get("x-docker-expose-session-uuid"), opened.session.id);
  assert.match(opened.session.id, /^[0-9a-z]{25}$/);
  assert.equal(metadata.get("x-docker-expose-session-sharedkey"), "w%C3%B6rk:node");
  assert.deepEqual(metadata.getAll("x-docker-expose-session-grpc-method"), [
    "/test.Echo/One",
    "/test.Echo/Two",
    "/grpc.health.v1.Health/Check",
  ]);
});

test("the engine's health check is answered with SERVING", async () => {
  await using opened = await open({});
  const answer = await finishCall(opened.caller.open("/grpc.health.v1.Health/Check"), new Uint8Array(0));
  assert.deepEqual([...answer.body], [...frameMessage(Uint8Array.of(8, 1))]);
  assert.equal(answer.trailers.get("grpc-status"), "0");
});

test("method names are matched without regard to case, unknown ones are unimplemented", async () => {
  await using opened = await open({ Say: echo });
  const said = await finishCall(opened.caller.open("/TEST.echo/sAY"), Uint8Array.of(1));
  assert.deepEqual([...said.body], [...frameMessage(Uint8Array.of(1))]);
  const unknown = await finishCall(opened.caller.open("/test.Echo/Shout"), Uint8Array.of(1));
  assert.equal(unknown.trailers.get("grpc-status"), String(GrpcCode.unimplemented));
});

test("5,000 repeated headers arrive one by one, with commas in them", async () => {
  const seen = Promise.withResolvers<Metadata>();
  await using opened = await open({
    Say: async (call) => {
      seen.resolve(call.metadata);
    },
  });
  const patterns = Array.from({ length: 5_000 }, (_, index) => `dir-${index}/a, b`);
  const call = opened.caller.open("/test.Echo/Say", { "exclude-patterns": patterns, followpaths: ["x, y", "z"] });
  const answer = await finishCall(call);
  assert.equal(answer.trailers.get("grpc-status"), "0");
  assert.deepEqual((await seen.promise).getAll("exclude-patterns"), patterns);
  assert.deepEqual((await seen.promise).getAll("followpaths"), ["x, y", "z"]);
});

test("20,000 repeated headers arrive too: a hundred times more than Node's HTTP/2 takes in continued frames", async () => {
  const seen = Promise.withResolvers<Metadata>();
  await using opened = await open({
    Say: async (call) => {
      seen.resolve(call.metadata);
    },
  });
  const patterns = Array.from({ length: 20_000 }, (_, index) => `some/folder-${index}/with/a/name`);
  const answer = await finishCall(opened.caller.open("/test.Echo/Say", { "exclude-patterns": patterns }));
  assert.equal(answer.trailers.get("grpc-status"), "0");
  assert.deepEqual((await seen.promise).getAll("exclude-patterns"), patterns);
});

test("errors of a method become its status, before and after messages", async () => {
  const details = [{ typeUrl: "t", value: Uint8Array.of(1) }];
  await using opened = await open({
    Early: async () => {
      throw new GrpcError(GrpcCode.notFound, "no sécret", { details });
    },
    Late: async (call) => {
      await call.send(Uint8Array.of(1));
      throw new Error("disk is gone");
    },
  });
  const early = await finishCall(opened.caller.open("/test.Echo/Early"));
  assert.equal(early.trailers.get("grpc-status"), "5");
  assert.equal(early.trailers.get("grpc-message"), "no s%C3%A9cret");
  assert.ok(early.trailers.get("grpc-status-details-bin"));
  const late = await finishCall(opened.caller.open("/test.Echo/Late"));
  assert.equal(late.trailers.get("grpc-status"), "2");
  assert.equal(late.trailers.get("grpc-message"), "disk is gone");
});

test("trailers are sent when the method ends, though the engine has not half-closed", async () => {
  await using opened = await open({
    Once: async (call) => {
      for await (const message of call.messages) {
        await call.send(message);
        return;
      }
    },
  });
  const call = opened.caller.open("/test.Echo/Once");
  const trailers = trailersOfCall(call);
  call.resume();
  call.write(frameMessage(Uint8Array.of(7)));
  assert.equal((await trailers).get("grpc-status"), "0");
});

test("64 MiB come back whole through both layers, while health checks are answered", async () => {
  await using opened = await open({ Say: echo });
  const call = opened.caller.open("/test.Echo/Say");
  const message = new Uint8Array(MIB).map((_, index) => index % 251);
  const sending = (async () => {
    for (let count = 0; count < 64; count++) {
      if (!call.write(frameMessage(message))) await new Promise((resolve) => call.once("drain", resolve));
    }
    call.end();
  })();
  let received = 0;
  let health = 0;
  for await (const chunk of call) {
    received += chunk.length;
    if (received < (health + 1) * 16 * MIB) continue;
    health++;
    await finishCall(opened.caller.open("/grpc.health.v1.Health/Check"), new Uint8Array(0));
  }
  await sending;
  assert.equal(received, 64 * (MIB + 5));
  assert.ok(health >= 3);
});

test("an engine that does not read holds the sender back, and every waiting sender goes on when it does", async () => {
  let sent = 0;
  await using opened = await open({
    Flood: async (call) => {
      const frame = frameMessage(new Uint8Array(256 * 1024));
      const flood = async (): Promise<void> => {
        for (let count = 0; count < 100; count++, sent++) await call.sendFramed(frame);
      };
      await Promise.all([flood(), flood()]);
    },
  });
  const call = opened.caller.open("/test.Echo/Flood");
  call.once("response", () => call.pause());
  await sleep(300);
  assert.ok(sent > 0 && sent < 60, `${sent} of 200 were taken`);
  const answer = await finishCall(call);
  assert.equal(answer.body.length, 200 * (256 * 1024 + 5));
  assert.equal(answer.trailers.get("grpc-status"), "0");
});

test("a reset by the engine aborts the call's signal, its reads and its writes", async () => {
  const outcome = Promise.withResolvers<unknown[]>();
  await using opened = await open({
    Wait: async (call) => {
      const messages = call.messages[Symbol.asyncIterator]();
      await messages.next();
      const writing = call.send(new Uint8Array(32 * MIB)).catch((error: unknown) => error);
      await new Promise((resolve) => call.signal.addEventListener("abort", resolve));
      const reading = messages.next().catch((error: unknown) => error);
      outcome.resolve([await reading, await writing, call.signal.reason]);
    },
  });
  const call = opened.caller.open("/test.Echo/Wait");
  call.write(frameMessage(Uint8Array.of(1)));
  call.write(frameMessage(new Uint8Array(32 * MIB - 5))); // more than the window: the end cannot slip out before the reset
  await sleep(100);
  call.close(8);
  for (const error of await outcome.promise) {
    assert.ok(error instanceof GrpcError, String(error));
    assert.equal(error.code, GrpcCode.cancelled);
  }
});

test("ending the session half-closes its call and aborts what runs in it", async () => {
  const aborted = Promise.withResolvers<void>();
  const ended = Promise.withResolvers<void>();
  await using opened = await open({
    Wait: async (call) => {
      call.signal.addEventListener("abort", () => aborted.resolve());
      await aborted.promise;
    },
  });
  opened.call.stream.once("end", () => {
    opened.call.stream.end();
    ended.resolve();
  });
  opened.caller.open("/test.Echo/Wait").write(frameMessage(Uint8Array.of(1)));
  await sleep(50);
  await opened.session[Symbol.asyncDispose]();
  await Promise.all([ended.promise, aborted.promise]);
  assert.equal(opened.session.closed.aborted, true);
  await opened.session[Symbol.asyncDispose]();
});

test("ending the session does not wait for an engine that never ends its side", async () => {
  await using opened = await open({});
  const started = performance.now();
  await opened.session[Symbol.asyncDispose]();
  assert.ok(performance.now() - started < 1_000);
});

test("a session that the engine refuses tells why", async () => {
  await using engine = await startFakeEngine(({ stream }) => {
    stream.respond({ ":status": 200, "grpc-status": "7", "grpc-message": "not you" }, { endStream: true });
  });
  await using client = await openBuildkit(engine.endpoint);
  await using session = openSession(client.channel, { services: [] });
  if (!session.closed.aborted) await new Promise((resolve) => session.closed.addEventListener("abort", resolve));
  const reason: unknown = session.closed.reason;
  assert.ok(reason instanceof GrpcError);
  assert.deepEqual([reason.code, reason.message], [GrpcCode.permissionDenied, "not you"]);
});
