import assert from "node:assert/strict";
import { test } from "node:test";
import { openBuildkit } from "../client.ts";
import { SolveError } from "../errors.ts";
import { Control, SolveRequest, SolveResponse } from "../gen/moby/buildkit/v1/control.ts";
import {
  SolveRequest as BridgeSolveRequest,
  SolveResponse as BridgeSolveResponse,
  LLBBridge,
  PongResponse,
  ReadFileRequest,
  ReadFileResponse,
  ReturnRequest,
} from "../gen/moby/buildkit/v1/frontend/gateway.ts";
import { GrpcCode, GrpcError } from "../rpc/grpc-error.ts";
import { trailersOf } from "../rpc/status.ts";
import type { SolveOptions } from "../solve.ts";
import { answerWith, type FakeCall, messagesOf, startFakeEngine } from "../testing/fake-engine.ts";
import { decode, encode } from "../wire/codec.ts";
import type { Init } from "../wire/message.ts";
import { buildWithGateway, type GatewayBuild, type GatewayBuildInput } from "./build-with-gateway.ts";

const ALL_CAPS = ["return", "proto.refarray", "readfile", "readdir", "statfile", "gateway.evaluate"];

/** An engine that runs driven builds as BuildKit does: the solve ends as the build returns. */
interface FakeBuilds {
  readonly caps?: readonly string[];
  /** Answers the calls that are not answered here. */
  readonly answer?: (call: FakeCall) => unknown;
  readonly onReturn?: (request: ReturnRequest) => void;
}

interface Played {
  readonly solve: SolveRequest;
  readonly returned: ReturnRequest | undefined;
  readonly result: unknown;
}

async function play(
  build: GatewayBuild,
  { caps = ALL_CAPS, answer, onReturn }: FakeBuilds = {},
  { input = {}, options }: { input?: GatewayBuildInput; options?: SolveOptions } = {},
): Promise<Played> {
  let solve: SolveRequest | undefined;
  const { promise: returned, resolve } = Promise.withResolvers<ReturnRequest>();
  let given: ReturnRequest | undefined;
  const answers: Readonly<Record<string, (call: FakeCall) => unknown>> = {
    [Control.session.path]: ({ stream }) => {
      stream.respond({ ":status": 200, "content-type": "application/grpc" });
      stream.resume().once("end", () => stream.end());
    },
    [Control.status.path]: (call) => answerWith(call, []),
    [Control.solve.path]: async (call) => {
      for await (const message of messagesOf(call)) solve = decode(SolveRequest, message);
      const { error } = await returned;
      if (error) answerWith(call, [], trailersOf(new GrpcError(error.code, error.message)));
      else answerWith(call, [encode(SolveResponse, { exporterResponse: { a: "b" } })]);
    },
    [LLBBridge.ping.path]: (call) => {
      const frontendApiCaps = caps.map((id) => ({ id, enabled: true }));
      answerWith(call, [encode(PongResponse, { frontendApiCaps })]);
    },
    [LLBBridge.return.path]: async (call) => {
      for await (const message of messagesOf(call)) given = decode(ReturnRequest, message);
      answerWith(call, [new Uint8Array(0)]);
      assert.ok(given);
      onReturn?.(given);
      resolve(given);
    },
  };
  await using engine = await startFakeEngine((call) => {
    if (call.path.includes("LLBBridge")) assert.equal(call.metadata.get("buildkit-controlapi-buildid"), "the-ref");
    const known = answers[call.path];
    if (known) known(call);
    else answer?.(call);
  });
  await using client = await openBuildkit(engine.endpoint);
  const result = await buildWithGateway(client, { ref: "the-ref", ...input }, build, options);
  assert.ok(solve);
  return { solve, returned: given, result };
}

/** Answers a bridge's solve with the given result and keeps the request. */
function solveAnswer(
  response: Init<BridgeSolveResponse>,
  requests: BridgeSolveRequest[] = [],
): (call: FakeCall) => unknown {
  return async (call) => {
    for await (const message of messagesOf(call)) requests.push(decode(BridgeSolveRequest, message));
    answerWith(call, [encode(BridgeSolveResponse, response)]);
  };
}

test("the callback's result is returned to the engine, and the solve's response comes back", async () => {
  const result = {
    refs: { refs: { "linux/amd64": { id: "r1" }, "linux/arm64": {} } },
    metadata: { "refs.platforms": Buffer.from("{}") },
    attestations: { "linux/amd64": { attestation: [{ path: "sbom.json", ref: { id: "r2" } }] } },
  };
  const played = await play((gateway) => gateway.solve({ frontend: "dockerfile.v0" }), {
    answer: solveAnswer({ result }),
  });
  const returned = played.returned?.result;
  assert.equal(returned?.refs?.refs["linux/amd64"]?.id, "r1");
  assert.equal(returned?.refs?.refs["linux/arm64"]?.id, "");
  assert.equal(Buffer.from(returned?.metadata["refs.platforms"] ?? []).toString(), "{}");
  const [attestation] = returned?.attestations["linux/amd64"]?.attestation ?? [];
  assert.deepEqual([attestation?.path, attestation?.ref?.id], ["sbom.json", "r2"]);
  assert.deepEqual((played.result as { ref: string }).ref, "the-ref");
  assert.equal(played.solve.frontend, "");
});

test("cache imports of the build hold for every solve in it, unless a solve has its own", async () => {
  const requests: BridgeSolveRequest[] = [];
  const build: GatewayBuild = async (gateway) => {
    await gateway.solve({ frontend: "dockerfile.v0", frontendOpt: { target: "x" } });
    return await gateway.solve({ frontend: "dockerfile.v0", frontendOpt: { "cache-imports": "[]" } });
  };
  const input = {
    cacheImports: [{ type: "registry", attrs: { ref: "r" } }],
    frontendAttrs: { "cache-from": "y", other: "z" },
  };
  await play(build, { answer: solveAnswer({}, requests) }, { input });
  assert.deepEqual(
    requests.map(({ frontendOpt }) => ({ ...frontendOpt })),
    [
      { "cache-from": "y", "cache-imports": '[{"Type":"registry","Attrs":{"ref":"r"}}]', target: "x" },
      { "cache-from": "y", "cache-imports": "[]" },
    ],
  );
});

test("a callback that throws ends the build on the engine with its message, and its error is thrown", async () => {
  const reason = new Error("changed my mind");
  const told: ReturnRequest[] = [];
  const building = play(() => Promise.reject(reason), { onReturn: (request) => told.push(request) });
  await assert.rejects(building, (error) => error === reason);
  assert.deepEqual(
    told.map(({ error }) => error?.message),
    ["changed my mind"],
  );
});

test("an error of the engine in the callback is the solve's error", async () => {
  const failure = new GrpcError(GrpcCode.unknown, "no such stage");
  const building = play((gateway) => gateway.solve({ frontend: "dockerfile.v0" }), {
    answer: (call) => answerWith(call, [], trailersOf(failure)),
  });
  await assert.rejects(building, (error) => error instanceof SolveError && error.message === "no such stage");
});

test("an abort ends a callback that waits for the engine, and the build", async () => {
  const abort = new AbortController();
  const reason = new Error("enough");
  let seen: unknown;
  const building = play(
    async (gateway) => {
      setTimeout(() => abort.abort(reason), 20);
      return await gateway.solve({ frontend: "dockerfile.v0" }).catch((error: unknown) => {
        seen = error;
        throw error;
      });
    },
    { answer: () => undefined },
    { options: { signal: abort.signal } },
  );
  const begun = performance.now();
  await assert.rejects(building, (error) => error === reason);
  assert.equal(seen, reason);
  assert.ok(performance.now() - begun < 1_000);
});

test("an abort is not held up by a callback that heeds nothing", async () => {
  const abort = new AbortController();
  const never = Promise.withResolvers<undefined>();
  setTimeout(() => abort.abort(new Error("enough")), 20);
  const begun = performance.now();
  await assert.rejects(
    play(() => never.promise, {}, { options: { signal: abort.signal } }),
    /enough/,
  );
  assert.ok(performance.now() - begun < 1_000);
});

test("an engine without the gateway's return is told to be too old", async () => {
  const building = play((gateway) => gateway.solve({}), { caps: ["readfile"] });
  await assert.rejects(building, { code: "engine_too_old" });
});

test("a file is read piece by piece up to its end, and not beyond what its reader takes", async () => {
  const size = 9 * 1024 * 1024;
  const answer = async (call: FakeCall): Promise<void> => {
    for await (const message of messagesOf(call)) {
      const { range } = decode(ReadFileRequest, message);
      const length = Math.max(0, Math.min(Number(range?.length), size - Number(range?.offset)));
      answerWith(call, [encode(ReadFileResponse, { data: Buffer.alloc(length, "x") })]);
    }
  };
  await play(
    async (gateway) => {
      const ref = { id: "r", definition: undefined };
      assert.equal((await gateway.readFile(ref, "/f")).length, size);
      assert.equal((await gateway.readFile(ref, "/f", { offset: size - 3, length: 100 })).length, 3);
      await assert.rejects(gateway.readFile(ref, "/f", { maxBytes: size - 1 }), { code: "result_file_too_large" });
      return undefined;
    },
    { answer },
  );
});
