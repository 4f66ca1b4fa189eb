import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { abortable, acquireOr, onAbort, withTimeout } from "./lifetime.ts";

test("what arrives after an abort is put away", async () => {
  const controller = new AbortController();
  let disposed = 0;
  const opening = sleep(5).then(() => ({ [Symbol.asyncDispose]: async () => void disposed++ }));

  controller.abort(new Error("enough"));
  await assert.rejects(acquireOr(opening, controller.signal), /enough/);

  await sleep(15);
  assert.equal(disposed, 1);
});

test("an aborted wait rejects with the reason and swallows the late failure", async () => {
  const controller = new AbortController();
  const late = Promise.withResolvers<never>();

  const waiting = abortable(late.promise, controller.signal);
  controller.abort(new Error("left"));

  await assert.rejects(waiting, /left/);
  late.reject(new Error("too late")); // would end the process if nobody listened
  await sleep(5);
});

test("a timeout rejects with its own reason even when the work does not heed the signal", async () => {
  await assert.rejects(
    withTimeout(
      5,
      () => new Error("5 ms are over"),
      () => new Promise(() => {}),
    ),
    /5 ms are over/,
  );
});

test("a timeout leaves work that is in time alone", async () => {
  assert.equal(
    await withTimeout(
      1000,
      () => new Error("never"),
      async () => "done",
    ),
    "done",
  );
});

test("an abort listener is called once, at once for a signal that has aborted, and never after disposal", () => {
  const calls: unknown[] = [];
  const controller = new AbortController();

  onAbort(controller.signal, (reason) => calls.push(reason));
  onAbort(controller.signal, () => calls.push("taken back"))[Symbol.dispose]();
  controller.abort("stop");
  onAbort(controller.signal, (reason) => calls.push(reason));

  assert.deepEqual(calls, ["stop", "stop"]);
});
