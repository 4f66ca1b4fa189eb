import assert from "node:assert/strict";
import { test } from "node:test";
import { type Clock, isProblem, Problem } from "@opendepot/base";
import { retryTransient } from "./retry-transient.ts";

/** A clock that jumps instead of waiting. */
class JumpingClock implements Clock {
  nowMs = 0;
  now(): Date {
    return new Date(this.nowMs);
  }
  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    this.nowMs += ms;
  }
}

test("failures in passing are tried again with growing pauses", async () => {
  const clock = new JumpingClock();
  let tries = 0;
  const result = await retryTransient({ clock, limitMs: 10_000 }, async () => {
    if (++tries < 5) throw new Problem("api_unreachable", "x");
    return tries;
  });
  assert.equal(result, 5);
  assert.equal(clock.nowMs, 100 + 200 + 400 + 800);
});

test("other failures are thrown at once, and the last one when the time is up", async () => {
  const clock = new JumpingClock();
  let tries = 0;
  const failing = (code: string) => async (): Promise<never> => {
    tries++;
    throw new Problem(code, "x");
  };
  await assert.rejects(retryTransient({ clock, limitMs: 10_000 }, failing("project_not_found")), (error) =>
    isProblem(error, "project_not_found"),
  );
  assert.equal(tries, 1);
  await assert.rejects(retryTransient({ clock, limitMs: 1_000 }, failing("api_timeout")), (error) =>
    isProblem(error, "api_timeout"),
  );
  assert.ok(clock.nowMs <= 1_000);
});

test("an abort ends it with its reason", async () => {
  const stop = new AbortController();
  const working = retryTransient({ clock: new JumpingClock(), limitMs: 10_000, signal: stop.signal }, async () => {
    stop.abort(new Error("user left"));
    throw new Problem("api_unreachable", "x");
  });
  await assert.rejects(working, /user left/);
});
