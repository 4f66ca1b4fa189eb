import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { BuildStatus } from "./status.ts";
import { log, startMs, status, update, vertex } from "./testing/events.ts";

const inGroup = { progressGroup: { id: "group", name: "[deps] install", weak: false } };
const weakly = { progressGroup: { id: "group", name: "[deps] install", weak: true } };

function only(build: BuildStatus) {
  assert.equal(build.steps.length, 1);
  const [step] = build.steps;
  assert.ok(step);
  return step;
}

describe("BuildStatus", () => {
  it("counts vertices that have not started in the total, and shows only those that have", () => {
    const build = new BuildStatus();
    build.apply(update({ vertexes: [vertex("a"), vertex("b", 0), vertex("c", 0, 1)] }), startMs);
    assert.deepEqual([build.totalSteps, build.completedSteps], [3, 1]);
    assert.deepEqual(
      build.steps.map((step) => step.name),
      ["b", "c"],
    );
  });

  it("keeps an end that came before its start", () => {
    const build = new BuildStatus();
    build.apply(update({ vertexes: [vertex("a", 1, 2, { cached: true })] }), startMs);
    const news = build.apply(update({ vertexes: [vertex("a", 1)] }), startMs);
    assert.equal(only(build).isCompleted, true);
    assert.equal(only(build).isCached, true);
    assert.equal(news.size, 0);
  });

  it("opens a step again that starts anew, and lets its latest attempt decide how it ended", () => {
    const build = new BuildStatus();
    build.apply(update({ vertexes: [vertex("a", 1, 2, { error: "context canceled" })] }), startMs);
    build.apply(update({ vertexes: [vertex("a", 3)] }), startMs);
    assert.equal(only(build).isCompleted, false);
    build.apply(update({ vertexes: [vertex("a", 3, 5)] }), startMs);
    assert.equal(only(build).error, "");
    assert.deepEqual(
      only(build).intervals.map(({ startMs: from, endMs = 0 }) => endMs - from),
      [1000, 2000],
    );
  });

  it("hands over logs and statuses that came before their vertex", () => {
    const build = new BuildStatus();
    build.apply(update({ logs: [log("a", 1, "early\n")], statuses: [status("a", 1)] }), startMs);
    assert.equal(build.totalSteps, 0);
    build.apply(update({ vertexes: [vertex("a", 0)] }), startMs);
    assert.equal(only(build).takeLogs().length, 1);
    assert.equal(only(build).statuses.size, 1);
  });

  it("holds a bounded amount of log for a vertex that never comes", () => {
    const build = new BuildStatus();
    const logs = Array.from({ length: 1000 }, () => log("ghost", 1, "x".repeat(1024)));
    for (let round = 0; round < 20; round++) build.apply(update({ logs }), startMs);
    build.apply(update({ vertexes: [vertex("ghost", 0)] }), startMs);
    const held = only(build).takeLogs();
    assert.ok(held.reduce((sum, { bytes }) => sum + bytes.length, 0) <= 256 * 1024);
  });

  it("does not take back a status that is completed", () => {
    const build = new BuildStatus();
    build.apply(
      update({ vertexes: [vertex("a", 0)], statuses: [status("a", 2, { completed: status("a", 2).timestamp })] }),
      startMs,
    );
    build.apply(update({ statuses: [status("a", 1, { current: 5n })] }), startMs);
    assert.notEqual(only(build).statuses.get("transferring context:")?.completed, undefined);
  });

  it("shows the vertices of a progress group as one step that is cached only if all are", () => {
    const build = new BuildStatus();
    build.apply(
      update({ vertexes: [vertex("a", 0, 1, { ...inGroup, cached: true }), vertex("b", 1, 2, inGroup)] }),
      startMs,
    );
    assert.equal(only(build).name, "[deps] install");
    assert.equal(only(build).isCached, false);
    assert.deepEqual([build.totalSteps, build.completedSteps], [1, 1]);
  });

  it("hides a group until something that it is about has started", () => {
    const build = new BuildStatus();
    build.apply(update({ vertexes: [vertex("a", 0, 1, weakly), vertex("b", undefined, undefined, inGroup)] }), startMs);
    assert.deepEqual([build.steps.length, build.totalSteps], [0, 0]);
    build.apply(update({ vertexes: [vertex("b", 1, undefined, inGroup)] }), startMs);
    assert.equal(only(build).isCompleted, false);
  });

  it("gives a group the log that came before its vertex was known to belong to it", () => {
    const build = new BuildStatus();
    build.apply(update({ logs: [log("a", 1, "early\n")] }), startMs);
    build.apply(update({ vertexes: [vertex("a", 0, undefined, inGroup)] }), startMs);
    build.apply(update({ logs: [log("a", 2, "late\n")] }), startMs);
    assert.equal(only(build).takeLogs().length, 2);
  });

  it("relates the clock of an engine that is an hour ahead to ours", () => {
    const build = new BuildStatus();
    build.apply(update({ vertexes: [vertex("a", 3600)] }), startMs);
    assert.equal(build.startedMs, startMs);
    assert.equal(only(build).skewMs, -3_600_000);
  });
});
