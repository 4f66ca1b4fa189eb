import assert from "node:assert/strict";
import { test } from "node:test";
import { readErrorDetails } from "./error-details.ts";
import { SolveError } from "./errors.ts";
import { GrpcCode, GrpcError, type StatusDetail } from "./rpc/grpc-error.ts";
import { createRandom } from "./testing/random.ts";

const NAMES = [
  "stack.Stack",
  "errdefs.Vertex",
  "errdefs.Source",
  "errdefs.Frontend",
  "errdefs.FrontendCap",
  "errdefs.Subrequest",
  "errdefs.Solve",
  "gatewayapi.ExitMessage",
  "policysession.DecisionResponse",
];

function detail(name: string, json: unknown): StatusDetail {
  return { typeUrl: `github.com/moby/buildkit/${name}+json`, value: Buffer.from(JSON.stringify(json)) };
}

test("each kind of detail is read under the names that BuildKit gives its fields", () => {
  const facts = readErrorDetails([
    detail("errdefs.Vertex", { digest: "sha256:aa" }),
    detail("errdefs.Source", {
      info: { filename: "Dockerfile", data: Buffer.from("FROM x").toString("base64"), language: "Dockerfile" },
      ranges: [{ start: { line: 2 }, end: { line: 3, character: 4 } }],
    }),
    detail("errdefs.Source", { info: { filename: "included" } }),
    detail("errdefs.Frontend", { name: "gateway.v0", source: "docker/dockerfile" }),
    detail("errdefs.FrontendCap", { name: "moby.buildkit.frontend.contexts" }),
    detail("errdefs.Subrequest", { name: "frontend.lint" }),
    detail("errdefs.Solve", {
      inputIDs: ["a"],
      mountIDs: ["b", "c"],
      op: { exec: {} },
      description: { "llb.customname": "RUN x" },
    }),
    detail("gatewayapi.ExitMessage", { Code: 137 }),
    detail("policysession.DecisionResponse", { denyMessages: [{ message: "not from there" }] }),
    detail("stack.Stack", { cmdline: ["buildkitd"], version: "v1", frames: [{ Name: "f", File: "x.go", Line: 3 }] }),
  ]);
  assert.equal(facts.vertex, "sha256:aa");
  assert.deepEqual(
    facts.sources.map(({ filename, data }) => [filename, Buffer.from(data).toString()]),
    [
      ["Dockerfile", "FROM x"],
      ["included", ""],
    ],
  );
  assert.deepEqual(facts.sources[0]?.ranges, [{ start: { line: 2, character: 0 }, end: { line: 3, character: 4 } }]);
  assert.deepEqual(facts.frontend, { name: "gateway.v0", source: "docker/dockerfile" });
  assert.equal(facts.missingCapability, "moby.buildkit.frontend.contexts");
  assert.equal(facts.unsupportedSubrequest, "frontend.lint");
  assert.deepEqual(facts.operation, {
    inputIds: ["a"],
    mountIds: ["b", "c"],
    op: { exec: {} },
    description: { "llb.customname": "RUN x" },
  });
  assert.equal(facts.exitCode, 137);
  assert.deepEqual(facts.denyMessages, ["not from there"]);
  assert.deepEqual(facts.stacks, [
    { command: ["buildkitd"], version: "v1", frames: [{ name: "f", file: "x.go", line: 3 }] },
  ]);
});

test("unknown, broken and hostile details are passed over", () => {
  const random = createRandom(11);
  const values: unknown[] = [null, 1, "x", [], {}, { info: 1, ranges: {}, frames: 3, digest: {}, description: [] }];
  const json = [...values, { ranges: [null, { start: "x" }], info: { data: 5 } }, { denyMessages: [null, 3] }];
  const details = NAMES.flatMap((name) => [
    ...json.map((value) => detail(name, value)),
    { typeUrl: `github.com/moby/buildkit/${name}+json`, value: random.bytes(40) },
    { typeUrl: `github.com/moby/buildkit/${name}+json`, value: new Uint8Array(0) },
  ]);
  for (const name of ["constructor", "__proto__", "toString", "errdefs.Unheard"]) details.push(detail(name, {}));
  details.push({ typeUrl: "type.googleapis.com/google.rpc.RetryInfo", value: Uint8Array.of(1) });
  const facts = readErrorDetails(details);
  assert.equal(facts.vertex, "");
  assert.equal(facts.exitCode, 0);
});

test("a solve error keeps code, text and details", () => {
  const details = [detail("gatewayapi.ExitMessage", { Code: 2 })];
  const error = new SolveError(new GrpcError(GrpcCode.unknown, "failed to solve", { details }));
  assert.deepEqual([error.code, error.message, error.facts.exitCode], [GrpcCode.unknown, "failed to solve", 2]);
  assert.ok(error instanceof GrpcError);
  assert.deepEqual(error.details, details);
});
