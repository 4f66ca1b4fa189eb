import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { isProblem } from "@opendepot/base";
import { listenForSignals } from "./process-signals.ts";

test("the first signal cancels, its echo does nothing, and a later one leaves", async () => {
  const source = new EventEmitter();
  let left = 0;
  const stop = listenForSignals(source, () => left++);

  source.emit("SIGINT");
  source.emit("SIGINT");
  assert.ok(isProblem(stop.signal.reason, "interrupted"));
  assert.equal(left, 0);

  await sleep(250);
  source.emit("SIGTERM");
  assert.equal(left, 1);
});

test("a command that does not end by itself is left after some 900 ms", async () => {
  const source = new EventEmitter();
  const left = Promise.withResolvers<number>();
  const startMs = performance.now();
  listenForSignals(source, () => left.resolve(performance.now() - startMs));
  source.emit("SIGTERM");

  const keepAlive = setTimeout(() => undefined, 2_000);
  const tookMs = await left.promise;
  assert.ok(tookMs < 1_500, `${tookMs} ms`); // on a busy machine
  clearTimeout(keepAlive);
});
