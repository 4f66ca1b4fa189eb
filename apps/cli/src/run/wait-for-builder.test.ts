import assert from "node:assert/strict";
import { test } from "node:test";
import { type Clock, isProblem } from "@opendepot/base";
import type { BuilderAnswer } from "./lease.ts";
import { waitForBuilder } from "./wait-for-builder.ts";

function createClock(): Clock & { readonly pauses: number[] } {
  let nowMs = 0;
  const pauses: number[] = [];
  return {
    pauses,
    now: () => new Date(nowMs),
    sleep: async (ms, signal) => {
      signal?.throwIfAborted();
      pauses.push(ms);
      nowMs += ms;
    },
  };
}
const signal = new AbortController().signal;
const architecture = "amd64";

test("the builder is asked for as often as the server says, within reason", async () => {
  const clock = createClock();
  const answers: BuilderAnswer[] = [
    { kind: "pending", waitMs: 0 },
    { kind: "pending", waitMs: 300 },
    { kind: "pending", waitMs: 3_600_000 },
    { kind: "active", endpoint: { kind: "unix", path: "/s" } },
  ];
  const askForBuilder = async (): Promise<BuilderAnswer> => answers.shift() as BuilderAnswer;

  assert.deepEqual(await waitForBuilder({ lease: { askForBuilder }, architecture, clock, signal }), {
    kind: "unix",
    path: "/s",
  });
  assert.deepEqual(clock.pauses, [50, 300, 5_000]);
});

test("a builder that never comes is not waited for without end", async () => {
  const askForBuilder = async (): Promise<BuilderAnswer> => ({ kind: "pending", waitMs: 1_000 });
  await assert.rejects(
    waitForBuilder({ lease: { askForBuilder }, architecture, clock: createClock(), signal, limitMs: 60_000 }),
    (error) => isProblem(error, "builder_wait_exceeded"),
  );
});

test("canceling ends the waiting", async () => {
  const stop = AbortSignal.abort(new Error("user left"));
  const askForBuilder = async (): Promise<BuilderAnswer> => ({ kind: "pending", waitMs: 1_000 });
  await assert.rejects(
    waitForBuilder({ lease: { askForBuilder }, architecture, clock: createClock(), signal: stop }),
    /user left/,
  );
});
