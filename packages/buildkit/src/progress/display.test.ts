import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { once } from "node:events";
import { PassThrough } from "node:stream";
import { describe, it } from "node:test";
import { promisify } from "node:util";
import { isProblem } from "@opendepot/base";
import { openProgress, type ProgressMode } from "./display.ts";
import type { ProgressStream } from "./output.ts";
import { at, log, startMs, update, vertex, warning } from "./testing/events.ts";
import { assertGolden } from "./testing/golden.ts";
import { ManualClock } from "./testing/manual-clock.ts";
import { MemoryStream } from "./testing/memory-stream.ts";
import { show } from "./testing/show.ts";

const terminal = { columns: 80, rows: 24 };
const build = update({ vertexes: [vertex("a", 0, 1)], logs: [log("a", 0.5, "text\n")] });

describe("openProgress", () => {
  it("chooses tty for a terminal, plain for anything else, and plain for one that is dumb", async () => {
    const modes = [await show("auto", terminal), await show("auto"), await show("auto", terminal, { term: "dumb" })];
    assert.deepEqual(
      modes.map(({ display }) => display.mode),
      ["tty", "plain", "plain"],
    );
  });

  it("refuses tty where there is no terminal", async () => {
    await assert.rejects(show("tty"), (error) => isProblem(error, "progress_needs_terminal"));
  });

  it("shows nothing in quiet mode, warnings included, but knows them", async () => {
    const { display, stream } = await show("quiet", terminal);
    display.update({ ...build, warnings: [warning("a", "Casing")] });
    await display.finish(new Error("failed"));
    assert.equal(stream.text, "");
    assert.equal(display.warnings.length, 1);
  });

  it("says a description once", async () => {
    const { display, stream } = await show("plain", undefined, { description: "building with depot" });
    display.update(build);
    await display.finish();
    assert.equal(stream.text, "#0 building with depot\n\n#1 a\n#1 0.500 text\n#1 DONE 1.0s\n");
  });

  it("cuts names where it is told to", async () => {
    const { display, stream } = await show("plain", undefined, { maxNameChars: 8 });
    display.update(update({ vertexes: [vertex("0123456789", 0, 1)] }));
    await display.finish();
    assert.match(stream.text, /^#1 01234567\.\.\.\n/);
  });

  it("loads the code of the chosen mode only", async () => {
    const script = `
      const { registerHooks } = await import("node:module");
      const loaded = [];
      registerHooks({ load: (url, context, next) => (loaded.push(url), next(url, context)) });
      const { openProgress } = await import(${JSON.stringify(new URL("./display.ts", import.meta.url).href)});
      await (await openProgress({ mode: "quiet", stream: process.stderr })).finish();
      process.stdout.write(loaded.join("\\n"));`;
    const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "--eval", script]);
    assert.match(stdout, /render-quiet/);
    assert.doesNotMatch(stdout, /render-(tty|plain|rawjson)|source-excerpt|\/step\.ts/);
  });
});

describe("warnings", () => {
  const info = {
    filename: "Dockerfile",
    data: Buffer.from("FROM scratch as base\nCOPY . .\n"),
    language: "Dockerfile",
  };
  const position = { line: 1, character: 0 };
  const casing = {
    detail: [Buffer.from("The 'as' keyword should match the case of the 'from' keyword")],
    url: "https://docs.docker.com/go/dockerfile/rule/from-as-casing/",
    info,
    ranges: [{ start: position, end: position }],
  };
  const warned = update({
    vertexes: [vertex("a", 0, 1), vertex("b", 0, 1)],
    warnings: [
      warning("a", "FromAsCasing: casing", casing),
      warning("b", "FromAsCasing: casing", casing),
      warning("b", "Other"),
    ],
  });

  it("are told once, though several vertices gave them", async () => {
    const { display, stream } = await show("plain");
    display.update(warned);
    await display.finish(new Error("failed builds have warnings too"));
    assert.deepEqual(
      display.warnings.map(({ short }) => Buffer.from(short).toString()),
      ["FromAsCasing: casing", "Other"],
    );
    assert.match(stream.text, /\n\n 2 warnings found \(.*\):\n - FromAsCasing: casing\n - Other\n$/);
  });

  it("are told in full when asked for", async () => {
    const { display, stream } = await show("tty", terminal, { expandWarnings: true });
    display.update(warned);
    await display.finish();
    assertGolden("warnings.expanded.txt", stream.text.slice(stream.text.lastIndexOf("\n \x1b")));
  });

  it("have a colour on a terminal only", async () => {
    const { display, stream } = await show("plain");
    display.update(warned);
    await display.finish();
    assert.ok(!stream.text.includes("\x1b"));
  });
});

describe("a display's end", () => {
  it("comes once, and what follows is dropped", async () => {
    const { display, clock, stream } = await show("plain");
    display.update(build);
    await Promise.all([display.finish(), display.finish(new Error("again"))]);
    const { text } = stream;
    display.update(update({ vertexes: [vertex("late", 2, 3)] }));
    await display[Symbol.asyncDispose]();
    await clock.advance(10_000);
    assert.equal(stream.text, text);
  });

  it("comes with disposing as well", async () => {
    const stream = new MemoryStream(terminal);
    const clock = new ManualClock(startMs);
    {
      await using display = await openProgress({ mode: "auto", stream, clock });
      display.update(build);
    }
    assert.match(stream.text, /FINISHED/);
    assert.equal(clock.sleeping, 0);
  });

  it("waits for a stream that takes its time, but not forever for one that never answers", async () => {
    for (const mode of ["plain", "tty", "rawjson"] satisfies ProgressMode[]) {
      const clock = new ManualClock(startMs);
      const stream = new MemoryStream(terminal);
      stream.write = () => false;
      const display = await openProgress({ mode, stream, clock });
      display.update(build);
      let isFinished = false;
      const finishing = display.finish().then(() => (isFinished = true));
      await clock.advance(4000);
      assert.equal(isFinished, false, mode);
      await clock.advance(2000);
      await finishing;
    }
  });

  it("survives streams that throw, fail or are closed", async () => {
    const closed: ProgressStream & PassThrough = new PassThrough();
    closed.destroy();
    await once(closed, "close");
    const broken = new MemoryStream(terminal);
    broken.write = () => {
      throw new Error("write after end");
    };
    for (const mode of ["plain", "auto", "rawjson"] satisfies ProgressMode[]) {
      for (const stream of [closed, broken]) {
        const display = await openProgress({ mode, stream, clock: new ManualClock(startMs) });
        display.update(build);
        stream.emit("error", new Error("EPIPE"));
        display.update(build);
        await display.finish();
      }
    }
  });

  it("keeps the memory of a build with many steps small", async () => {
    const { display, clock } = await show("tty", terminal);
    for (let index = 0; index < 2000; index++) {
      const name = `step ${index}`;
      display.update(update({ vertexes: [vertex(name, 0)], logs: [log(name, 1, "x".repeat(100_000))] }));
      display.update(update({ vertexes: [{ ...vertex(name, 0), completed: at(1) }] }));
      if (index % 20 === 0) await clock.advance(200);
    }
    assert.ok(process.memoryUsage().arrayBuffers < 100e6, `${process.memoryUsage().arrayBuffers}`);
    await display.finish();
  });
});
