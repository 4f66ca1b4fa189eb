import assert from "node:assert/strict";
import { test } from "node:test";

import { Control } from "@opendepot/buildkit/wire";

import { ruleOf } from "./policy.ts";

const allowed = new Set([
  Control.solve.path,
  Control.status.path,
  Control.session.path,
  Control.listWorkers.path,
  Control.info.path,
  Control.listenBuildHistory.path,
]);

for (const { path } of Object.values(Control)) {
  test(`${path} is ${allowed.has(path) ? "let through" : "refused"}`, () => {
    assert.equal(ruleOf(path) !== undefined, allowed.has(path));
  });
}

const refused = [
  "",
  "/",
  "*",
  "/moby.buildkit.v1.Control/solve",
  "/moby.buildkit.v1.Control/Solve/",
  "/moby.buildkit.v1.Control//Solve",
  "//moby.buildkit.v1.Control/Solve",
  "/moby.buildkit.v1.Control/Solve?x",
  "moby.buildkit.v1.Control/Solve",
  "/moby.buildkit.v1.Control/Future",
  "/moby.buildkit.v1.frontend.LLBBridge/Future",
  "/containerd.services.content.v1.Content/Delete",
  "/containerd.services.content.v1.Content/Write",
  "/containerd.services.content.v1.Content/List",
  "/containerd.services.leases.v1.Leases/Delete",
  "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
  "/moby.buildkit.v1.Control/Solve\u0000",
];

for (const path of refused) {
  test(`${JSON.stringify(path)} is refused`, () => {
    assert.equal(ruleOf(path), undefined);
  });
}
