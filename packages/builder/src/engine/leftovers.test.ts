import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";
import { findProcessesOf } from "../host/process-table.ts";
import { endLeftoverProcesses } from "./leftovers.ts";

const SIGNAL = new AbortController().signal;

/** A process that calls itself `name` and has `argument` among its arguments. */
async function startNamed(name: string, argument: string): Promise<ChildProcess & Disposable> {
  const stdio = ["pipe", "pipe", "ignore"] as const;
  const child = spawn("/bin/sh", ["-c", "echo up; read never", "sh", argument], { argv0: name, stdio: [...stdio] });
  if (child.stdout) await once(child.stdout, "data");
  return Object.assign(child, { [Symbol.dispose]: () => void child.kill("SIGKILL") });
}

test("an engine of these folders is ended", async () => {
  using engine = await startNamed("buildkitd", "/nonexistent/run/one/buildkitd.toml");
  const ended = once(engine, "exit");

  await endLeftoverProcesses(["/nonexistent/run/one"], SIGNAL);

  await ended;
  assert.deepEqual(await findProcessesOf(["buildkitd"], ["/nonexistent/run/one"]), []);
});

test("nobody else is touched", async () => {
  using elsewhere = await startNamed("buildkitd", "/nonexistent/run/one-more/buildkitd.toml");
  using reader = await startNamed("tail", "/nonexistent/run/one/engine.log");

  await endLeftoverProcesses(["/nonexistent/run/one"], SIGNAL);

  assert.equal(elsewhere.exitCode ?? elsewhere.signalCode, null);
  assert.equal(reader.exitCode ?? reader.signalCode, null);
});
