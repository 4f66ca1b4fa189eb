import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { dial } from "../dial.ts";
import { BytesMessage, Control, StatusRequest } from "../gen/moby/buildkit/v1/control.ts";
import { answerWith, type FakeCall, messagesOf, startFakeEngine } from "../testing/fake-engine.ts";
import { startRawServer } from "../testing/raw-server.ts";
import { decode, encode } from "../wire/codec.ts";
import type { Channel } from "./channel.ts";
import { frameMessage } from "./frames.ts";
import { CallResetError, GrpcCode, GrpcError } from "./grpc-error.ts";
import { openChannel } from "./http2-channel.ts";
import { Metadata } from "./metadata.ts";
import { trailersOf } from "./status.ts";

const MIB = 1024 * 1024;

interface Pair extends AsyncDisposable {
  readonly channel: Channel;
  readonly engine: Awaited<ReturnType<typeof startFakeEngine>>;
}

async function connect(answer: (call: FakeCall) => void): Promise<Pair> {
  await using cleanup = new AsyncDisposableStack();
  const engine = cleanup.use(await startFakeEngine(answer));
  const channel = cleanup.use(
    openChannel(await dial(engine.endpoint), { authority: "localhost", peer: "the fake engine" }),
  );
  const owned = cleanup.move();
  return { channel, engine, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

function isGrpc(code: number, text?: RegExp): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof GrpcError, String(error));
    assert.equal(error.code, code, error.message);
    if (text) assert.match(error.message, text);
    return true;
  };
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all = [];
  for await (const item of items) all.push(item);
  return all;
}

const STATUS = encode(StatusRequest, { ref: "r" });

test("a unary call sends one message with gRPC's headers and reads one", async () => {
  let seen: FakeCall | undefined;
  await using pair = await connect(async (call) => {
    seen = call;
    const [request] = await collect(messagesOf(call));
    answerWith(call, [request ?? STATUS]);
  });
  const method = { ...Control.status, response: StatusRequest };
  const metadata = new Metadata([
    ["x-many", "a, b"],
    ["x-many", "c"],
    ["te", "gzip"],
  ]);

  const answer = await pair.channel.unary(method, { ref: "abc" }, { metadata, timeoutMs: 5_000 });

  assert.equal(answer.ref, "abc");
  assert.equal(seen?.path, Control.status.path);
  assert.deepEqual(seen?.metadata.getAll("x-many"), ["a, b", "c"]);
  assert.deepEqual(seen?.metadata.getAll("te"), ["trailers"]);
  assert.equal(seen?.metadata.get("content-type"), "application/grpc");
  assert.equal(seen?.metadata.get("grpc-timeout"), "5000m");
});

test("trailers-only answers and trailers after messages both tell the status with its details", async () => {
  const failure = new GrpcError(GrpcCode.failedPrecondition, "nö\nway", {
    details: [{ typeUrl: "t", value: new Uint8Array(30_000) }],
  });
  await using pair = await connect((call) => {
    if (call.metadata.get("x-kind") === "late") answerWith(call, [STATUS], trailersOf(failure));
    else call.stream.respond({ ":status": 200, ...trailersOf(failure) }, { endStream: true });
  });
  for (const kind of ["early", "late"]) {
    const metadata = new Metadata([["x-kind", kind]]);
    await assert.rejects(pair.channel.unary(Control.info, {}, { metadata }), (error: GrpcError) => {
      assert.deepEqual([error.code, error.message], [GrpcCode.failedPrecondition, "nö\nway"]);
      assert.equal(error.details[0]?.value.length, 30_000);
      return true;
    });
  }
});

test("an answer that is not gRPC becomes an error with the fitting code", async () => {
  const answers: ReadonlyArray<[Record<string, string | number>, number]> = [
    [{ ":status": 404 }, GrpcCode.unimplemented],
    [{ ":status": 503 }, GrpcCode.unavailable],
    [{ ":status": 401 }, GrpcCode.unauthenticated],
    [{ ":status": 200, "content-type": "text/html" }, GrpcCode.unknown],
  ];
  await using pair = await connect(({ stream, metadata }) => {
    stream.respond(answers[Number(metadata.get("x-at"))]?.[0]);
    stream.end("<html>");
  });
  for (const [at, [, code]] of answers.entries()) {
    const metadata = new Metadata([["x-at", String(at)]]);
    await assert.rejects(pair.channel.unary(Control.info, {}, { metadata }), isGrpc(code));
  }
});

test("an answer without status, with half a message, with none or with two is an error", async () => {
  await using pair = await connect((call) => {
    const kind = call.metadata.get("x-kind");
    if (kind === "two") return answerWith(call, [STATUS, STATUS]);
    if (kind === "none") return answerWith(call, []);
    call.stream.respond({ ":status": 200, "content-type": "application/grpc" }, { waitForTrailers: kind === "half" });
    call.stream.once("wantTrailers", () => call.stream.sendTrailers({ "grpc-status": "0" }));
    call.stream.end(kind === "half" ? frameMessage(STATUS).subarray(0, 6) : frameMessage(STATUS));
  });
  for (const kind of ["statusless", "half", "none", "two"]) {
    const metadata = new Metadata([["x-kind", kind]]);
    await assert.rejects(pair.channel.unary(Control.status, {}, { metadata }), isGrpc(GrpcCode.internal), kind);
  }
});

test("bytes that are not the expected message fail the call, not the process", async () => {
  await using pair = await connect((call) => answerWith(call, [Uint8Array.of(0x0a, 0x7f)]));
  await assert.rejects(pair.channel.unary(Control.info, {}), isGrpc(GrpcCode.internal));
});

test("an abort resets the call on the engine and rejects with the signal's reason", async () => {
  const reset = Promise.withResolvers<number>();
  await using pair = await connect(({ stream }) => {
    stream.once("close", () => reset.resolve(stream.rstCode));
  });
  const abort = new AbortController();
  const reason = new Error("stop it");
  const running = pair.channel.unary(Control.info, {}, { signal: abort.signal });
  setTimeout(() => abort.abort(reason), 30);
  await assert.rejects(running, (error) => error === reason);
  assert.equal(await reset.promise, 8);
  await assert.rejects(pair.channel.unary(Control.info, {}, { signal: abort.signal }), (error) => error === reason);
});

test("a call that outlives its limit is reset", async () => {
  await using pair = await connect(() => undefined);
  await assert.rejects(pair.channel.unary(Control.info, {}, { timeoutMs: 30 }), isGrpc(GrpcCode.deadlineExceeded));
});

test("a reset by the engine is told apart from a status", async () => {
  await using pair = await connect(({ stream }) => stream.close(11));
  await assert.rejects(pair.channel.unary(Control.info, {}), (error) => {
    assert.ok(error instanceof CallResetError);
    return isGrpc(GrpcCode.resourceExhausted, /code 11/)(error);
  });
});

test("leaving a stream early resets it, and other calls go on", async () => {
  const reset = Promise.withResolvers<number>();
  await using pair = await connect((call) => {
    if (call.path !== Control.status.path) return answerWith(call, [new Uint8Array(0)]);
    call.stream.respond({ ":status": 200, "content-type": "application/grpc" });
    call.stream.write(frameMessage(new Uint8Array(0)));
    call.stream.once("close", () => reset.resolve(call.stream.rstCode));
  });
  for await (const _ of pair.channel.serverStream(Control.status, { ref: "x" })) break;
  assert.equal(await reset.promise, 8);
  await pair.channel.unary(Control.info, {});
});

test("a lost connection fails running and later calls as unavailable, with a text for people", async () => {
  await using pair = await connect(() => undefined);
  const running = pair.channel.unary(Control.info, {});
  setTimeout(() => {
    for (const session of pair.engine.sessions) session.socket.destroy();
  }, 50);
  await assert.rejects(running, isGrpc(GrpcCode.unavailable, /^the connection to the fake engine was lost/));
  assert.equal(pair.channel.closed.aborted, true);
  await assert.rejects(pair.channel.unary(Control.info, {}), isGrpc(GrpcCode.unavailable));
});

test("after a graceful GOAWAY running calls finish and new ones are refused as unavailable", async () => {
  const waiting: FakeCall[] = [];
  await using pair = await connect((call) => waiting.push(call));
  const running = pair.channel.unary(Control.info, {});
  while (waiting.length === 0) await sleep(5);
  for (const session of pair.engine.sessions) session.goaway(0);
  await sleep(30);
  await assert.rejects(pair.channel.unary(Control.info, {}), isGrpc(GrpcCode.unavailable));
  for (const call of waiting) answerWith(call, [new Uint8Array(0)]);
  await running;
});

test("a GOAWAY with an error fails running calls as unavailable", async () => {
  await using pair = await connect(({ stream }) => stream.session?.goaway(2));
  await assert.rejects(pair.channel.unary(Control.info, {}), isGrpc(GrpcCode.unavailable, /GOAWAY|code 2/));
});

test("a message above the limit fails the call and resets it", async () => {
  const reset = Promise.withResolvers<number>();
  await using pair = await connect((call) => {
    call.stream.once("close", () => reset.resolve(call.stream.rstCode));
    answerWith(call, [new Uint8Array(2_000)]);
  });
  const call = pair.channel.open("/x/Y", { maxMessageBytes: 1_000 });
  await assert.rejects(collect(call.messages), isGrpc(GrpcCode.resourceExhausted));
  await reset.promise;
});

test("a reader that stops holds the engine back", async () => {
  let sent = 0;
  await using pair = await connect(async ({ stream }) => {
    stream.respond({ ":status": 200, "content-type": "application/grpc" });
    const message = frameMessage(encode(BytesMessage, { data: new Uint8Array(MIB - 10) }));
    for (; sent < 200 && !stream.destroyed; sent++) {
      if (!stream.write(message)) await once(stream, "drain").catch(() => undefined);
    }
  });
  const call = pair.channel.open("/x/Y");
  const messages = call.messages[Symbol.asyncIterator]();
  await messages.next();
  await sleep(300);
  assert.ok(sent < 20, `${sent} MiB were sent to a reader that reads nothing`);
  for (let read = 1; read < 60; read++) await messages.next();
  assert.ok(sent >= 60);
  call.cancel();
});

test("senders wait while the engine does not read, and every one of them is woken", async () => {
  const held = Promise.withResolvers<FakeCall>();
  await using pair = await connect((call) => held.resolve(call));
  const call = pair.channel.open("/x/Y");
  const chunk = new Uint8Array(MIB);
  let done = 0;
  const senders = [1, 2, 3].map(async () => {
    for (let count = 0; count < 4; count++) {
      await call.send(chunk);
      done++;
    }
  });
  const fake = await held.promise;
  await sleep(200);
  assert.ok(done < 12, "nobody reads, yet nobody waits");

  const lengths = collect(messagesOf(fake)).then((messages) => messages.map(({ length }) => length));
  await Promise.all(senders);
  call.end();
  assert.deepEqual(await lengths, Array(12).fill(MIB));
  answerWith(fake, []);
  assert.deepEqual(await collect(call.messages), []);
});

test("senders of a call that dies are woken with an error", async () => {
  const held = Promise.withResolvers<FakeCall>();
  await using pair = await connect((call) => held.resolve(call));
  const call = pair.channel.open("/x/Y");
  const sending = Promise.all([1, 2, 3].map(() => call.send(new Uint8Array(4 * MIB))));
  sending.catch(() => undefined);
  (await held.promise).stream.close(8);
  await assert.rejects(sending, isGrpc(GrpcCode.cancelled));
  await assert.rejects(collect(call.messages), isGrpc(GrpcCode.cancelled));
});

test("an early answer ends a call whose sender has not finished", async () => {
  await using pair = await connect((call) => answerWith(call, [STATUS]));
  const call = pair.channel.open("/x/Y");
  await call.send(STATUS);
  const [message] = await collect(call.messages);
  assert.deepEqual(decode(StatusRequest, message ?? new Uint8Array()), { ref: "r" });
});

test("disposing fails what is still open and does not hang on a peer that is silent", async () => {
  const pair = await connect(() => undefined);
  const running = assert.rejects(pair.channel.unary(Control.info, {}), isGrpc(GrpcCode.unavailable, /was closed/));
  const started = performance.now();
  await pair.channel[Symbol.asyncDispose]();
  await pair.channel[Symbol.asyncDispose]();
  await running;
  assert.ok(performance.now() - started < 1_000);
  await pair[Symbol.asyncDispose]();
});

for (const [what, greeting] of [
  ["says something else", "HTTP/1.1 400 Bad Request\r\n\r\n"],
  ["says nothing", ""],
]) {
  test(`calls to a peer that ${what} instead of HTTP/2 fail as unavailable in time`, async () => {
    await using server = await startRawServer((socket) => socket.write(greeting ?? ""));
    const socket = await dial({ kind: "tcp", host: "127.0.0.1", port: server.port });
    const options = { authority: "localhost", peer: "the peer", settingsTimeoutMs: 200 };
    await using channel = openChannel(socket, options);
    await assert.rejects(channel.unary(Control.info, {}), isGrpc(GrpcCode.unavailable, /the peer was (?:lost|closed)/));
  });
}
