import assert from "node:assert/strict";
import { mkdtempDisposable, readFile, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { test } from "node:test";
import { EngineLog } from "./engine-log.ts";

test("output goes to the file in order", async () => {
  await using folder = await mkdtempDisposable(path.join(tmpdir(), "od-log-"));
  const log = new EngineLog(path.join(folder.path, "below/engine.log"));

  log.add(Buffer.from("first line\nsecond "));
  log.add(Buffer.from("line\n"));
  await log.flushed();

  assert.equal(await readFile(log.file, "utf8"), "first line\nsecond line\n");
});

test("secrets are neither in the file nor among the last lines, in whatever pieces they come", async () => {
  await using folder = await mkdtempDisposable(path.join(tmpdir(), "od-log-"));
  const log = new EngineLog(path.join(folder.path, "engine.log"), { secrets: ["mirror/abc/docker.io"] });

  for (const piece of ["GET http://h/v2/mir", "ror/abc/docker", ".io/x fails\nand mirror/abc/docker.io again"]) {
    log.add(Buffer.from(piece));
  }
  await log.flushed();

  assert.equal(await readFile(log.file, "utf8"), "GET http://h/v2/[redacted]/x fails\n");
  assert.deepEqual(log.lastLines(), ["GET http://h/v2/[redacted]/x fails", "and [redacted] again"]);
});

test("a file that is full becomes the one before, and the oldest goes", async () => {
  await using folder = await mkdtempDisposable(path.join(tmpdir(), "od-log-"));
  const log = new EngineLog(path.join(folder.path, "engine.log"), { maxBytes: 100 });

  for (let index = 0; index < 50; index++) {
    log.add(Buffer.from(`line number ${index}\n`));
    await log.flushed();
  }

  assert.ok((await stat(log.file)).size <= 100);
  assert.ok((await stat(`${log.file}.1`)).size <= 100);
  assert.match(await readFile(log.file, "utf8"), /line number 49\n$/);
});

test("the last words survive a stack trace that follows them", () => {
  const log = new EngineLog("/nonexistent/engine.log");

  log.add(Buffer.from("buildkitd: could not lock /x, another instance running?\n"));
  for (let index = 0; index < 40; index++) log.add(Buffer.from("main.main.func3\n\t/src/cmd/main.go:415 +0x1d\n"));

  assert.deepEqual(log.lastLines(), ["buildkitd: could not lock /x, another instance running?"]);
});

test("a log that cannot be written is no failure", async () => {
  const log = new EngineLog("/dev/null/engine.log");

  log.add(Buffer.from("no space left on device\n"));
  await log.flushed();

  assert.deepEqual(log.lastLines(), ["no space left on device"]);
});
