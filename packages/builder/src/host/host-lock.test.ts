import assert from "node:assert/strict";
import { mkdtempDisposable } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { test } from "node:test";
import { isProblem } from "@opendepot/base";
import { holdHostLock } from "./host-lock.ts";

const PATH = process.env["PATH"] ?? "";

test("who comes second waits until the first has let go", async (t) => {
  await using folder = await mkdtempDisposable(path.join(tmpdir(), "od-lock-"));
  const options = { file: path.join(folder.path, "below/lock"), path: PATH, signal: t.signal };
  const order: string[] = [];
  const first = await holdHostLock(options);

  const second = holdHostLock(options).then((lock) => {
    order.push("second holds");
    return lock;
  });
  await new Promise((resolve) => setTimeout(resolve, 100));
  order.push("first lets go");
  await first[Symbol.asyncDispose]();
  await (await second)[Symbol.asyncDispose]();

  assert.deepEqual(order, ["first lets go", "second holds"]);
});

test("an abort ends the wait and leaves nothing held", async (t) => {
  await using folder = await mkdtempDisposable(path.join(tmpdir(), "od-lock-"));
  const file = path.join(folder.path, "lock");
  const first = await holdHostLock({ file, path: PATH, signal: t.signal });
  const impatient = new AbortController();

  const waiting = holdHostLock({ file, path: PATH, signal: impatient.signal });
  impatient.abort(new Error("enough"));

  await assert.rejects(waiting, /enough/);
  await first[Symbol.asyncDispose]();
  await using _again = await holdHostLock({ file, path: PATH, signal: t.signal });
});

test("a lock that cannot be taken at all is a problem, not a wait", async (t) => {
  await using folder = await mkdtempDisposable(path.join(tmpdir(), "od-lock-"));

  await assert.rejects(holdHostLock({ file: path.join(folder.path, "lock"), path: "", signal: t.signal }), (error) => {
    return isProblem(error, "host_command_failed");
  });
});
