import assert from "node:assert/strict";
import { test } from "node:test";

import { encode, SolveRequest, StatusRequest } from "@opendepot/buildkit/wire";

import { ruleOf } from "./policy.ts";
import { readClaims } from "./request-claims.ts";

const SOLVE = {
  ref: 1,
  sessions: [5, 15],
  attributes: 7,
  entitlements: 9,
  exports: [[4], [13, 2], [8, 3], [8, 4, 2]],
};

test("a solve's ref, sessions and entitlements are found", () => {
  const request = encode(SolveRequest, {
    ref: "r1",
    session: "s1",
    sourcePolicySession: "s2",
    frontendAttrs: { target: "app", "local-sessionid:context": "s3", "local-sessionid:dockerfile": "s1" },
    entitlements: ["network.host", "security.insecure"],
  });

  const claims = readClaims(request, SOLVE);

  assert.deepEqual([...claims.refs], ["r1"]);
  assert.deepEqual([...claims.sessions].sort(), ["s1", "s2", "s3"]);
  assert.deepEqual([...claims.entitlements], ["network.host", "security.insecure"]);
});

test("the compressions of every exporter and cache export are found", () => {
  const request = encode(SolveRequest, {
    exporterAttrsDeprecated: { compression: "estargz", name: "gzip" },
    exporters: [{ type: "image", attrs: { compression: "zstd", "compression-level": "3" } }],
    cache: {
      exports: [{ type: "registry", attrs: { compression: "uncompressed" } }],
      imports: [{ type: "registry", attrs: { compression: "none of them" } }],
    },
  });

  assert.deepEqual([...readClaims(request, SOLVE).compressions].sort(), ["estargz", "uncompressed", "zstd"]);
});

test("a field that is there twice counts with both values, as engines keep only one", () => {
  const twice = Buffer.concat([
    encode(SolveRequest, { ref: "theirs", session: "theirs" }),
    encode(SolveRequest, { ref: "mine", session: "mine" }),
  ]);

  const claims = readClaims(twice, SOLVE);

  assert.deepEqual([...claims.refs], ["theirs", "mine"]);
  assert.deepEqual([...claims.sessions], ["theirs", "mine"]);
});

test("a session in an attribute is found though its value comes before its key, or twice", () => {
  const key = [0x0a, 22, ...Buffer.from("local-sessionid:contex")];
  const entry = [0x12, 1, 0x61, ...key, 0x12, 1, 0x62];
  const request = Uint8Array.from([0x3a, entry.length, ...entry]);

  assert.deepEqual([...readClaims(request, SOLVE).sessions], ["a", "b"]);
});

test("an empty session is none", () => {
  assert.equal(readClaims(Uint8Array.from([0x2a, 0]), SOLVE).sessions.size, 0);
});

test("the shapes of the policy fit the messages", () => {
  const status = ruleOf("/moby.buildkit.v1.Control/Status");

  assert.ok(status?.kind === "status");
  assert.deepEqual([...readClaims(encode(StatusRequest, { ref: "r9" }), status.shape).refs], ["r9"]);
});
