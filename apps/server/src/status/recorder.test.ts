import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { silentLogger, systemClock } from "@opendepot/base";
import type { StepWrite } from "../store/steps.ts";
import { StatusRecorder } from "./recorder.ts";

const common = { clock: systemClock, logger: silentLogger };

/** Keeps what is written; fails first as often as it is told to. */
class MemorySteps {
  readonly written: StepWrite[] = [];
  failures = 0;

  async write(writes: readonly StepWrite[]): Promise<void> {
    if (this.failures-- > 0) throw new Error("the database is away");
    this.written.push(...writes);
  }
}

function logOf(text: string) {
  const log = { vertex: "sha256:a", timestamp: { seconds: 1n, nanos: 0 }, stream: 1n, msg: Buffer.from(text) };
  return { vertexes: [], logs: [log], warnings: [] };
}

test("statuses that come in quick succession are written together", async () => {
  const steps = new MemorySteps();
  await using recorder = new StatusRecorder({ ...common, steps, gatherMs: 20 });

  for (const text of ["a", "b", "c"]) await recorder.record({ buildId: "b", ref: "r" }, logOf(text));
  await sleep(60);

  assert.equal(steps.written.length, 1);
  assert.equal(steps.written[0]?.logs.length, 3);
  assert.equal(recorder.heldBytes, 0);
});

test("who reads a build waits for what was recorded of it, not for what was recorded of others", async () => {
  const steps = new MemorySteps();
  await using recorder = new StatusRecorder({ ...common, steps, gatherMs: 60_000 });
  await recorder.record({ buildId: "b", ref: "r" }, logOf("a"));

  await recorder.settle("other");
  assert.equal(steps.written.length, 0);
  await recorder.settle("b");
  assert.equal(steps.written.length, 1);
});

test("who reads a build sees also what came while something else was being written", async () => {
  const entered = Promise.withResolvers<void>();
  const gate = Promise.withResolvers<void>();
  const steps = new MemorySteps();
  const slow = {
    write: async (writes: readonly StepWrite[]) => {
      entered.resolve();
      await gate.promise;
      await steps.write(writes);
    },
  };
  await using recorder = new StatusRecorder({ ...common, steps: slow, gatherMs: 60_000 });
  await recorder.record({ buildId: "other", ref: "r" }, logOf("a"));
  const settling = recorder.settle("other");
  await entered.promise;
  await recorder.record({ buildId: "b", ref: "r" }, logOf("b"));

  const reading = recorder.settle("b");
  gate.resolve();
  await Promise.all([settling, reading]);

  assert.deepEqual(
    steps.written.map(({ source }) => source.buildId),
    ["other", "b"],
  );
});

test("who reads a build does not wait for a database that is away", async () => {
  const steps = new MemorySteps();
  steps.failures = Number.POSITIVE_INFINITY;
  await using recorder = new StatusRecorder({ ...common, steps, gatherMs: 1, retryMs: 1, settleMs: 20, drainMs: 20 });
  await recorder.record({ buildId: "b", ref: "r" }, logOf("a"));

  await recorder.settle("b");

  assert.equal(steps.written.length, 0);
});

test("nothing is lost while the database is away", async () => {
  const steps = new MemorySteps();
  steps.failures = 3;
  await using recorder = new StatusRecorder({ ...common, steps, gatherMs: 1, retryMs: 1 });

  await recorder.record({ buildId: "b", ref: "r" }, logOf("kept"));
  await recorder.flush();

  assert.equal(steps.written.length, 1);
});

test("whoever reports waits when too much is held in memory", async () => {
  const steps = new MemorySteps();
  steps.failures = Number.POSITIVE_INFINITY;
  await using recorder = new StatusRecorder({ ...common, steps, gatherMs: 1, retryMs: 5, maxHeldBytes: 1000 });
  await recorder.record({ buildId: "b", ref: "r" }, logOf("x".repeat(2000)));

  let isTaken = false;
  const waiting = recorder.record({ buildId: "b", ref: "r" }, logOf("y")).then(() => {
    isTaken = true;
  });
  await sleep(40);
  assert.equal(isTaken, false);
  steps.failures = 0;
  await waiting;
  await recorder.flush();

  assert.equal(steps.written.flatMap(({ logs }) => logs).length, 2);
});

test("disposing writes what is held, and does not hang when that is impossible", async () => {
  const good = new MemorySteps();
  await using recorder = new StatusRecorder({ ...common, steps: good, gatherMs: 60_000 });
  await recorder.record({ buildId: "b", ref: "r" }, logOf("last"));
  await recorder[Symbol.asyncDispose]();
  assert.equal(good.written.length, 1);

  const bad = new MemorySteps();
  bad.failures = Number.POSITIVE_INFINITY;
  const stuck = new StatusRecorder({ ...common, steps: bad, gatherMs: 1, retryMs: 5, drainMs: 30 });
  await stuck.record({ buildId: "b", ref: "r" }, logOf("lost"));
  await stuck[Symbol.asyncDispose]();
  assert.equal(bad.written.length, 0);
});
