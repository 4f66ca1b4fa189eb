import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { isProblem, systemClock } from "@opendepot/base";
import { startHeartbeats } from "./heartbeats.ts";

test("heartbeats go on, whatever happens to one", async () => {
  let beats = 0;
  await using _ = startHeartbeats({
    clock: systemClock,
    intervalMs: 5,
    beat: async () => {
      beats++;
      if (beats === 1) throw new Error("server restarts");
      return {};
    },
  });
  await sleep(200);
  assert.ok(beats >= 3, `${beats}`);
});

test("the build is canceled when the time that the server names has come, and not before", async () => {
  const cancelsAt = new Date(Date.now() + 60).toISOString();
  await using heartbeats = startHeartbeats({
    clock: systemClock,
    intervalMs: 10,
    beat: async () => ({ cancelsAt }),
  });

  await sleep(20);
  assert.equal(heartbeats.canceled.aborted, false);
  await sleep(200);
  assert.ok(isProblem(heartbeats.canceled.reason, "build_canceled"));
});

test("nothing is sent after the end, and a heartbeat under way is given up", async () => {
  let beats = 0;
  const heartbeats = startHeartbeats({
    clock: systemClock,
    intervalMs: 1,
    beat: async (signal) => {
      beats++;
      await sleep(10_000, undefined, { signal });
      return {};
    },
  });
  await sleep(5);
  await heartbeats[Symbol.asyncDispose]();
  await heartbeats[Symbol.asyncDispose]();
  const atEnd = beats;
  await sleep(20);
  assert.equal(beats, atEnd);
  assert.equal(heartbeats.canceled.aborted, false);
});
