import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

import { frameMessage } from "@opendepot/buildkit";
import { Control, encode, SolveRequest, StatusResponse } from "@opendepot/buildkit/wire";

import { checkLeaks } from "@opendepot/testing";

import { beginAnswer, type FakeMethod, startFakeEngine } from "./testing/fake-engine.ts";
import { callThrough, startTestGateway, type TestGateway } from "./testing/test-gateway.ts";

checkLeaks();

const solveBody = frameMessage(encode(SolveRequest, { ref: "r1" }));
const vertexFrame = (name: string): Buffer => frameMessage(encode(StatusResponse, { vertexes: [{ name }] }));

/** Answers a status stream with these vertices, one message each. */
const tell =
  (...names: readonly string[]): FakeMethod =>
  (stream) => {
    beginAnswer(stream, { "grpc-status": "0" });
    stream.end(Buffer.concat(names.map(vertexFrame)));
  };

function namesTold({ host }: TestGateway): string[] {
  return host.statuses.flatMap(({ status }) => status.vertexes.map(({ name }) => name));
}

async function waitForNames(gateway: TestGateway, count: number): Promise<string[]> {
  const deadline = performance.now() + 5_000;
  while (namesTold(gateway).length < count && performance.now() < deadline) await sleep(10);
  return namesTold(gateway);
}

test("the host is told of a solve though its client asks for no status", async () => {
  await using engine = await startFakeEngine({ [Control.status.path]: tell("one", "two") });
  await using gateway = await startTestGateway(engine.endpoint);

  await callThrough(await gateway.connect(), Control.solve.path, { body: solveBody });

  assert.deepEqual(await waitForNames(gateway, 2), ["one", "two"]);
  assert.deepEqual(new Set(gateway.host.statuses.map(({ ref }) => ref)), new Set(["r1"]));
});

test("an engine that does not know the solve yet is asked again", async () => {
  let asked = 0;
  const release = Promise.withResolvers<void>();
  await using engine = await startFakeEngine({
    [Control.status.path]: (stream, metadata) => {
      asked++;
      if (asked > 1) tell("late")(stream, metadata);
      else stream.respond({ ":status": 200, "grpc-status": "5", "grpc-message": "no such job" }, { endStream: true });
    },
    [Control.solve.path]: (stream) => {
      void release.promise.then(() => {
        beginAnswer(stream, { "grpc-status": "0" });
        stream.end(Buffer.alloc(5));
      });
    },
  });
  await using gateway = await startTestGateway(engine.endpoint);
  const solved = callThrough(await gateway.connect(), Control.solve.path, { body: solveBody });

  const names = await waitForNames(gateway, 1);
  release.resolve();
  await solved;

  assert.deepEqual([names, asked], [["late"], 2]);
});

test("a message that the host cannot take does not cost those after it", async () => {
  await using engine = await startFakeEngine({ [Control.status.path]: tell("one", "poison", "three") });
  await using gateway = await startTestGateway(engine.endpoint);
  const { onStatus } = gateway.host;
  gateway.host.onStatus = async (caller, ref, status) => {
    if (status.vertexes.some(({ name }) => name === "poison")) throw new Error("cannot be stored");
    await onStatus.call(gateway.host, caller, ref, status);
  };

  await callThrough(await gateway.connect(), Control.solve.path, { body: solveBody });

  assert.deepEqual(await waitForNames(gateway, 2), ["one", "three"]);
});

test("a build that has ended is still told about to its end", async () => {
  const cut = Promise.withResolvers<void>();
  await using engine = await startFakeEngine({
    [Control.solve.path]: (stream) => {
      stream.resume();
      stream.once("close", () => cut.resolve());
    },
    [Control.status.path]: (stream) => {
      beginAnswer(stream, { "grpc-status": "0" });
      stream.write(vertexFrame("running"));
      void cut.promise.then(() => stream.end(vertexFrame("canceled")));
    },
  });
  await using gateway = await startTestGateway(engine.endpoint);
  const solving = callThrough(await gateway.connect(), Control.solve.path, { body: solveBody });
  await waitForNames(gateway, 1);

  gateway.host.end("build1");
  await solving;

  assert.deepEqual(await waitForNames(gateway, 2), ["running", "canceled"]);
});

test("a solve begins only when the engine is being listened to, as it forgets a solve that has ended", async () => {
  const solved = Promise.withResolvers<void>();
  await using engine = await startFakeEngine({
    [Control.solve.path]: (stream) => {
      beginAnswer(stream, { "grpc-status": "0" });
      stream.end(Buffer.alloc(5));
      solved.resolve();
    },
    [Control.status.path]: (stream) => {
      beginAnswer(stream, { "grpc-status": "0" });
      void solved.promise.then(() => stream.end(vertexFrame("short")));
    },
  });
  await using gateway = await startTestGateway(engine.endpoint);

  await callThrough(await gateway.connect(), Control.solve.path, { body: solveBody });

  assert.deepEqual(await waitForNames(gateway, 1), ["short"]);
  const order = engine.calls.filter((path) => path === Control.solve.path || path === Control.status.path);
  assert.deepEqual(order, [Control.status.path, Control.solve.path]);
});
