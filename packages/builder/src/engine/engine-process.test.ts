import assert from "node:assert/strict";
import { test } from "node:test";
import { isProblem } from "@opendepot/base";
import { readProcess } from "../host/process-table.ts";
import { EngineLog } from "./engine-log.ts";
import { type EngineProcess, startEngineProcess } from "./engine-process.ts";

const PATH = process.env["PATH"] ?? "";

async function start(script: string, log = new EngineLog("/nonexistent/engine.log")): Promise<EngineProcess> {
  return startEngineProcess({ command: "/bin/sh", args: ["-c", script], env: { PATH }, log });
}

/** Starts a script and waits for the first line that it prints. */
async function startAndHear(script: string): Promise<{ engine: EngineProcess; line: string }> {
  const { promise, resolve } = Promise.withResolvers<string>();
  class Listening extends EngineLog {
    override add(chunk: Buffer): void {
      resolve(chunk.toString().trim());
    }
  }
  const engine = await start(script, new Listening("/nonexistent/engine.log"));
  return { engine, line: await promise };
}

test("a process that ends by itself tells how, and its last words", async () => {
  const log = new EngineLog("/nonexistent/engine.log");

  const engine = await start("echo it did not work >&2; exit 3", log);

  assert.equal(await engine.ended, "exit code 3");
  assert.deepEqual(log.lastLines(), ["it did not work"]);
});

test("stopping is polite first", async () => {
  const { engine } = await startAndHear("trap 'exit 0' TERM; echo up; while :; do sleep 0.05; done");

  await engine.stop(5_000);

  assert.equal(await engine.ended, "exit code 0");
});

test("who does not listen is killed with all children", async () => {
  const { engine, line } = await startAndHear("trap '' TERM; sleep 60 & echo $!; wait; sleep 60");

  await engine.stop(100);

  assert.equal(await engine.ended, "signal SIGKILL");
  await waitUntilGone(Number(line));
});

test("stopping what has ended already is fine", async () => {
  const engine = await start("exit 0");
  await engine.ended;

  await engine.stop(5_000);
});

test("a program that is not there is a failed start", async () => {
  const log = new EngineLog("/nonexistent/engine.log");

  const failed = startEngineProcess({ command: "/nonexistent/engine", args: [], env: { PATH: "" }, log });

  await assert.rejects(failed, (error) => isProblem(error, "engine_start_failed"));
});

async function waitUntilGone(pid: number): Promise<void> {
  const deadline = Date.now() + 2_000;
  while (await readProcess(pid)) {
    assert.ok(Date.now() < deadline, `process ${pid} is still there`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
