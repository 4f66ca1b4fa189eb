import assert from "node:assert/strict";
import { test } from "node:test";
import { SolveError } from "../errors.ts";
import { GrpcCode, GrpcError } from "../rpc/grpc-error.ts";
import { Capabilities } from "./capabilities.ts";
import type { GatewayClient, GatewaySolveRequest } from "./gateway-client.ts";
import type { GatewayResult } from "./gateway-result.ts";
import { callSubrequest } from "./subrequest.ts";

type Answer = (request: GatewaySolveRequest) => GatewayResult;

/** A gateway whose solves a test answers. */
function fakeGateway(answer: Answer): GatewayClient & { readonly requests: GatewaySolveRequest[] } {
  const requests: GatewaySolveRequest[] = [];
  const never = (): never => {
    throw new Error("not to be called");
  };
  return {
    requests,
    buildRef: "ref",
    capabilities: new Capabilities([]),
    workers: [],
    signal: new AbortController().signal,
    solve: async (request) => {
      requests.push(request);
      return await Promise.resolve(request).then(answer);
    },
    evaluate: never,
    readFile: never,
    readDir: never,
    statFile: never,
    inputs: never,
  };
}

function result(metadata: Readonly<Record<string, string>>): GatewayResult {
  return { metadata: Object.fromEntries(Object.entries(metadata).map(([key, text]) => [key, Buffer.from(text)])) };
}

function unsupported(name: string): GrpcError {
  const value = Buffer.from(JSON.stringify({ name }));
  const details = [{ typeUrl: "github.com/moby/buildkit/errdefs.Subrequest+json", value }];
  return new GrpcError(GrpcCode.unimplemented, `unsupported request ${name}`, { details });
}

test("the request and what it needs go beside the frontend's own options", async () => {
  const gateway = fakeGateway(() => result({ "result.json": "{}", version: "1.0.0", "result.statuscode": "1" }));
  const answer = await callSubrequest(gateway, "lint", {
    frontend: "dockerfile.v0",
    frontendOpt: { target: "t", "frontend.caps": "some.cap" },
  });
  assert.deepEqual(answer, { json: "{}", text: "", version: "1.0.0", statusCode: 1 });
  assert.deepEqual(gateway.requests[0]?.frontendOpt, {
    target: "t",
    "frontend.caps": "some.cap,moby.buildkit.frontend.subrequests+forward",
    requestid: "frontend.lint",
  });
});

test("a younger frontend is asked where the Dockerfile's own does not know the request", async () => {
  const gateway = fakeGateway(({ frontendOpt = {} }) => {
    if (frontendOpt["build-arg:BUILDKIT_SYNTAX"]) return result({ "result.txt": "found" });
    throw unsupported("frontend.outline");
  });
  assert.equal((await callSubrequest(gateway, "outline", { frontend: "dockerfile.v0" })).text, "found");
  assert.match(gateway.requests[1]?.frontendOpt?.["build-arg:BUILDKIT_SYNTAX"] ?? "", /^docker\/dockerfile:/);
});

test("where no other frontend helps, the first one's error is told", async () => {
  let calls = 0;
  const gateway = fakeGateway(() => {
    throw calls++ === 0 ? unsupported("frontend.lint") : new GrpcError(GrpcCode.unknown, "no such host");
  });
  const asking = callSubrequest(gateway, "lint", { frontend: "dockerfile.v0" });
  await assert.rejects(
    asking,
    (error) => error instanceof SolveError && error.message === "unsupported request frontend.lint",
  );
});

test("an answer without content is refused", async () => {
  const gateway = fakeGateway(() => result({ "result.statuscode": "0" }));
  await assert.rejects(callSubrequest(gateway, "targets", {}), { code: "subrequest_result_invalid" });
});
