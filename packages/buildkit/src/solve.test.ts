import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { openBuildkit } from "./client.ts";
import { SolveError } from "./errors.ts";
import { Control, SolveRequest, SolveResponse, StatusRequest, StatusResponse } from "./gen/moby/buildkit/v1/control.ts";
import { GrpcCode, GrpcError } from "./rpc/grpc-error.ts";
import { trailersOf } from "./rpc/status.ts";
import { type SolveOptions, solve } from "./solve.ts";
import { type SolveInput, toSolveRequest } from "./solve-input.ts";
import { answerWith, type FakeCall, messagesOf, startFakeEngine } from "./testing/fake-engine.ts";
import { decode, encode } from "./wire/codec.ts";

type Answers = Readonly<Record<string, (call: FakeCall) => unknown>>;

async function solveOn(answers: Answers, options: SolveOptions = {}): Promise<unknown> {
  const byPath: Answers = {
    [Control.session.path]: ({ stream }) => {
      stream.respond({ ":status": 200, "content-type": "application/grpc" });
      stream.resume().once("end", () => stream.end());
    },
    [Control.solve.path]: (call) => answerWith(call, [encode(SolveResponse, { exporterResponse: { a: "b" } })]),
    [Control.status.path]: (call) => answerWith(call, []),
    ...answers,
  };
  await using engine = await startFakeEngine((call) => byPath[call.path]?.(call));
  await using client = await openBuildkit(engine.endpoint);
  return await solve(client, { ref: "the-ref" }, options);
}

function status(text: string): Uint8Array {
  return encode(StatusResponse, { logs: [{ msg: Buffer.from(text) }] });
}

async function timed(work: Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work;
  return performance.now() - started;
}

test("solve and status carry the same ref, and the session's id goes into the request", async () => {
  const requests: unknown[] = [];
  let sessionId: string | undefined;
  const sessions = (call: FakeCall): void => {
    sessionId = call.metadata.get("x-docker-expose-session-uuid");
    call.stream.resume();
  };
  const result = await solveOn({
    [Control.session.path]: sessions,
    [Control.solve.path]: async (call) => {
      for await (const message of messagesOf(call)) requests.push(decode(SolveRequest, message));
      answerWith(call, [encode(SolveResponse, { exporterResponse: { "containerimage.digest": "sha256:x" } })]);
    },
    [Control.status.path]: async (call) => {
      for await (const message of messagesOf(call)) requests.push(decode(StatusRequest, message));
      answerWith(call, []);
    },
  });
  const [request, followed] = requests as [SolveRequest, StatusRequest];
  assert.deepEqual([request.ref, request.session, followed.ref], ["the-ref", sessionId, "the-ref"]);
  assert.deepEqual(result, {
    ref: "the-ref",
    exporterResponse: Object.assign(Object.create(null), { "containerimage.digest": "sha256:x" }),
  });
});

test("everything that the status stream still has comes before solve returns, and nothing after", async () => {
  const seen: string[] = [];
  await solveOn(
    {
      [Control.status.path]: async (call) => {
        await sleep(100);
        answerWith(call, [status("one"), status("two"), status("three")]);
      },
    },
    {
      onStatus: async ({ logs }) => {
        await sleep(10);
        seen.push(Buffer.from(logs[0]?.msg ?? []).toString());
      },
    },
  );
  assert.deepEqual(seen, ["one", "two", "three"]);
});

test("a status stream that fails does not fail a solve that succeeded", async () => {
  await solveOn({ [Control.status.path]: ({ stream }) => stream.close(2) });
});

test("the error of the solve counts, whatever the status says", async () => {
  const failure = new GrpcError(GrpcCode.unknown, "failed to solve: no");
  const solving = solveOn({
    [Control.solve.path]: (call) => answerWith(call, [], trailersOf(failure)),
    [Control.status.path]: ({ stream }) => stream.close(2),
  });
  await assert.rejects(solving, (error) => error instanceof SolveError && error.message === failure.message);
});

test("an abort ends in time though the engine says nothing at all, and resets the solve", async () => {
  const reset = Promise.withResolvers<number>();
  const abort = new AbortController();
  const solving = solveOn(
    {
      [Control.session.path]: () => undefined,
      [Control.status.path]: () => undefined,
      [Control.solve.path]: ({ stream }) => stream.once("close", () => reset.resolve(stream.rstCode)),
    },
    { signal: abort.signal },
  );
  await sleep(100);
  const reason = new Error("enough");
  abort.abort(reason);
  const took = await timed(assert.rejects(solving, (error) => error === reason));
  assert.ok(took < 1_000, `${took} ms`);
  assert.equal(await reset.promise, 8);
});

test("an abort is not held up by a status listener that hangs", async () => {
  const abort = new AbortController();
  const hanging = Promise.withResolvers<void>();
  const solving = solveOn(
    {
      [Control.solve.path]: () => undefined,
      [Control.status.path]: (call) => answerWith(call, [status("x")]),
    },
    {
      signal: abort.signal,
      onStatus: () => {
        setTimeout(() => abort.abort(new Error("enough")), 10);
        return hanging.promise;
      },
    },
  );
  assert.ok((await timed(assert.rejects(solving, /enough/))) < 1_000);
  hanging.resolve();
});

test("a listener that throws resets the solve and its error is the solve's", async () => {
  const failure = new Error("cannot print");
  const reset = Promise.withResolvers<number>();
  const solving = solveOn(
    {
      [Control.solve.path]: ({ stream }) => stream.once("close", () => reset.resolve(stream.rstCode)),
      [Control.status.path]: (call) => answerWith(call, [status("x")]),
    },
    { onStatus: () => Promise.reject(failure) },
  );
  await assert.rejects(solving, (error) => error === failure);
  assert.equal(await reset.promise, 8);
});

test("a session that the engine refuses ends a solve that waits for it", async () => {
  const solving = solveOn({
    [Control.session.path]: ({ stream }) =>
      stream.respond({ ":status": 200, "grpc-status": "7", "grpc-message": "no session for you" }, { endStream: true }),
    [Control.solve.path]: () => undefined,
    [Control.status.path]: () => undefined,
  });
  await assert.rejects(solving, /no session for you/);
});

test("a signal that has aborted already starts nothing", async () => {
  const signal = AbortSignal.abort(new Error("before"));
  let calls = 0;
  const count = (): void => {
    calls++;
  };
  await assert.rejects(solveOn({ [Control.solve.path]: count, [Control.session.path]: count }, { signal }), /before/);
  assert.equal(calls, 0);
});

test("the request says what the input says, the first exporter twice", () => {
  const input: SolveInput = {
    frontend: "dockerfile.v0",
    frontendAttrs: { target: "x" },
    exporters: [{ type: "image", attrs: { name: "a" } }, { type: "local" }],
    cacheImports: [{ type: "registry", attrs: { ref: "r" } }],
    cacheExports: [{ type: "inline" }],
    entitlements: ["network.host"],
  };
  const request = decode(SolveRequest, encode(SolveRequest, toSolveRequest(input, "ref", "session")));
  assert.deepEqual([request.exporterDeprecated, { ...request.exporterAttrsDeprecated }], ["image", { name: "a" }]);
  assert.deepEqual(
    request.exporters.map(({ type, attrs }) => [type, { ...attrs }]),
    [
      ["image", { name: "a" }],
      ["local", {}],
    ],
  );
  assert.equal(request.frontendAttrs["cache-imports"], '[{"Type":"registry","Attrs":{"ref":"r"}}]');
  assert.equal(request.frontendAttrs["target"], "x");
  assert.equal(request.cache?.imports[0]?.attrs["ref"], "r");
  assert.equal(request.cache?.exports[0]?.type, "inline");
  assert.deepEqual(request.entitlements, ["network.host"]);
});
