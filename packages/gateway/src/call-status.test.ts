import assert from "node:assert/strict";
import { test } from "node:test";

import { Problem } from "@opendepot/base";
import { GrpcCode } from "@opendepot/buildkit";

import { cutStatusOf, statusOf, trailersOf } from "./call-status.ts";

test("a problem's text and hint reach the client, and its code programs", () => {
  const status = statusOf(new Problem("build_ended", "build b1 has ended", { hint: "start it again" }));

  assert.deepEqual(trailersOf(status), {
    "grpc-status": "7",
    "grpc-message": "build b1 has ended (start it again)",
    "opendepot-problem": "build_ended",
  });
});

test("an unexpected error shows its text to nobody", () => {
  const status = statusOf(new Error("connect ECONNREFUSED /secret/path"));

  assert.equal(status.code, GrpcCode.internal);
  assert.doesNotMatch(status.message, /secret/);
});

test("a host's problem that the gateway does not know means that the builder cannot be used now", () => {
  assert.equal(statusOf(new Problem("database_unavailable", "x")).code, GrpcCode.unavailable);
  assert.equal(cutStatusOf(new Problem("engine_died", "x")).code, GrpcCode.unavailable);
});

test("a build's own end cancels its calls", () => {
  assert.equal(cutStatusOf(new Problem("build_ended", "x")).code, GrpcCode.cancelled);
  assert.equal(cutStatusOf(new Error("x")).code, GrpcCode.cancelled);
});

test("line breaks and letters beyond ASCII cannot break out of a trailer, and long texts are cut", () => {
  const trailers = trailersOf({ code: 7, message: `é\r\n%${"x".repeat(10_000)}` });

  assert.match(trailers["grpc-message"] ?? "", /^%C3%A9%0D%0A%25x+$/);
  assert.ok((trailers["grpc-message"] ?? "").length < 5_000);
});
