import assert from "node:assert/strict";
import { test } from "node:test";
import { StatusFold } from "./fold.ts";

const source = { buildId: "b", ref: "r" };
const at = (seconds: number): { seconds: bigint; nanos: number } => ({ seconds: BigInt(seconds), nanos: 500_000_000 });
const vertex = { digest: "sha256:a", inputs: [], name: "RUN x", cached: false, error: "" };
const nothing = { vertexes: [], logs: [], warnings: [] };

test("a step appears once, with the latest of everything that was said of it", () => {
  const fold = new StatusFold(source);

  fold.add({ ...nothing, vertexes: [vertex] });
  fold.add({ ...nothing, vertexes: [{ ...vertex, started: at(1) }] });
  fold.add({ ...nothing, vertexes: [{ ...vertex, started: at(1), completed: at(4), cached: true }] });

  const { steps } = fold.toWrite();
  assert.equal(steps.length, 1);
  assert.equal(steps[0]?.startedAt?.getTime(), 1500);
  assert.equal(steps[0]?.completedAt?.getTime(), 4500);
  assert.equal(steps[0]?.isCached, true);
});

test("a step that begins again has not completed", () => {
  const fold = new StatusFold(source);

  fold.add({ ...nothing, vertexes: [{ ...vertex, started: at(1), completed: at(2) }] });
  fold.add({ ...nothing, vertexes: [{ ...vertex, started: at(3) }] });

  const [step] = fold.toWrite().steps;
  assert.equal(step?.startedAt?.getTime(), 1500);
  assert.equal(step?.completedAt, undefined);
});

test("log messages are copied out of the wire's buffer and keep their nanoseconds", () => {
  const fold = new StatusFold(source);
  const wire = Buffer.from("hello");

  const timestamp = { seconds: 1_700_000_000n, nanos: 123_456_789 };
  fold.add({ ...nothing, logs: [{ vertex: "sha256:a", timestamp, stream: 2n, msg: wire.subarray(0, 4) }] });
  wire.fill(0);

  const { logs, steps } = fold.toWrite();
  assert.equal(logs[0]?.message.toString(), "hell");
  assert.equal(logs[0]?.atNs, 1_700_000_000_123_456_789n);
  assert.equal(steps[0]?.digest, "sha256:a");
});
