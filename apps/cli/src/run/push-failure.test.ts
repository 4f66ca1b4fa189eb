import assert from "node:assert/strict";
import { test } from "node:test";
import { GrpcCode, GrpcError } from "@opendepot/buildkit";
import { isPassingPushFailure } from "./push-failure.ts";

const isPassing = (message: string): boolean => isPassingPushFailure(new GrpcError(GrpcCode.unknown, message));

test("a push that a busy registry or a network refused may pass", () => {
  const put = "failed to push r.example/a:1: unexpected status from PUT request to https://r.example/v2/a/manifests/1:";
  assert.equal(isPassing(`${put} 503 Service Unavailable`), true);
  assert.equal(isPassing(`${put} 429 Too Many Requests`), true);
  assert.equal(isPassing("failed to push r.example/a:1: failed to copy: read tcp: connection reset by peer"), true);
  assert.equal(isPassing('failed to push r.example/a:1: failed to do request: Head "https://r.example": EOF'), true);
});

test("a push that was forbidden, and a build that failed, do not", () => {
  assert.equal(isPassing("failed to push r.example/a:1: unexpected status: 401 Unauthorized"), false);
  assert.equal(isPassing("failed to push r.example/a:1: unexpected status: 403 Forbidden"), false);
  assert.equal(isPassing('process "/bin/sh -c curl" failed: 503 Service Unavailable'), false);
  assert.equal(isPassingPushFailure(new Error("failed to push a: EOF")), false);
});
