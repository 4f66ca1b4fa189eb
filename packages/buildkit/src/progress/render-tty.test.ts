import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { stripVTControlCharacters } from "node:util";
import { usedBytes } from "../testing/used-bytes.ts";
import { at, log, startMs, status, update, vertex, warning } from "./testing/events.ts";
import { assertGolden } from "./testing/golden.ts";
import { floodingBuild, parallelBuild } from "./testing/load.ts";
import { recordedUpdates } from "./testing/recording.ts";
import { replay } from "./testing/replay.ts";
import { Screen } from "./testing/screen.ts";
import { type Shown, show } from "./testing/show.ts";
import { textWidth } from "./text-width.ts";

const small = { columns: 80, rows: 24 };
const large = { columns: 200, rows: 60 };

/** What a terminal of the stream's size shows after all that was written to it. */
function screenOf({ stream }: Pick<Shown, "stream">): Screen {
  const screen = new Screen(stream.columns ?? 80, stream.rows ?? 24);
  for (const text of stream.writes) screen.write(text);
  return screen;
}

/** Only the last frame, without colours. */
function lastFrame({ stream }: Pick<Shown, "stream">): string {
  const screen = new Screen(stream.columns ?? 80, stream.rows ?? 24);
  screen.write(stream.writes.at(-1) ?? "");
  return screen.text;
}

/** A build with something of everything, six seconds after its start. */
async function busyBuild(size: typeof small): Promise<Shown> {
  const shown = await show("tty", size, { description: "depot:my-project" });
  shown.display.update(
    update({
      vertexes: [
        vertex("[internal] load build definition from Dockerfile", 0, 0.04),
        vertex("[internal] load build context", 0),
        vertex("[deps 1/3] COPY package.json package-lock.json tsconfig.json tsconfig.base.json ./", 0.1, 0.2, {
          cached: true,
        }),
        vertex("[deps 2/3] RUN npm ci --no-audit", 0.2),
        vertex("[lint 1/1] RUN npm run lint", 0.2, 1.7, { error: "process did not complete: exit code: 1" }),
        vertex("[docs 1/1] RUN npm run docs", 0.2, 1.8, { error: "context canceled" }),
        vertex("[stage-3 4/4] COPY --from=build /out /out"),
      ],
      statuses: [status("[internal] load build context", 2.9, { current: 1_980_000n, total: 40_000_000n })],
      warnings: [
        warning("[internal] load build definition from Dockerfile", "FromAsCasing: casing does not match (line 8)"),
      ],
      logs: [log("[deps 2/3] RUN npm ci --no-audit", 2, "npm warn deprecated\nadded 212 packages\n\n10%\r55%\r")],
    }),
  );
  await shown.clock.advance(3000);
  return shown;
}

describe("tty frames", () => {
  it("look like this at 80x24", async () => assertGolden("busy.80x24.txt", lastFrame(await busyBuild(small))));
  it("look like this at 200x60", async () => assertGolden("busy.200x60.txt", lastFrame(await busyBuild(large))));
  it("look like this at 30x10", async () =>
    assertGolden("busy.30x10.txt", lastFrame(await busyBuild({ columns: 30, rows: 10 }))));

  for (const { columns, rows } of [small, large]) {
    const size = `${columns}x${rows}`;
    it(`look like this with 60 steps at once at ${size}`, async () => {
      const shown = await show("tty", { columns, rows }, { description: "depot:my-project" });
      for (const each of parallelBuild().take(16)) {
        await shown.clock.advance(100);
        shown.display.update(each);
      }
      await shown.clock.advance(100);
      assertGolden(`parallel.${size}.txt`, lastFrame(shown));
    });

    it(`look like this in the middle of a 20 MB log at ${size}`, async () => {
      const shown = await show("tty", { columns, rows }, { description: "depot:my-project" });
      for (const each of floodingBuild().take(100)) {
        await shown.clock.advance(10);
        shown.display.update(each);
      }
      await shown.clock.advance(100);
      assertGolden(`flood.${size}.txt`, lastFrame(shown));
    });
  }

  for (const name of ["build", "cached", "failing"]) {
    it(`leave this on the screen after a recorded build: ${name}`, async () => {
      const shown = await show("tty", large);
      await replay(shown.display, recordedUpdates(`${name}.rawjson`), shown.clock);
      await shown.display.finish(name === "failing" ? new Error("exit code: 3") : undefined);
      assertGolden(`${name}.tty.txt`, screenOf(shown).text);
    });
  }

  it("say FINISHED when every step is completed, and not when the build failed", async () => {
    for (const [error, expected] of [
      [undefined, /^\[\+\] Building 1\.0s \(1\/1\) FINISHED/],
      [new Error("lost"), /^\[\+\] Building 1\.0s \(1\/1\)$/m],
    ] as const) {
      const shown = await show("tty", small);
      shown.display.update(update({ vertexes: [vertex("a", 0)] }));
      await shown.clock.advance(1000);
      shown.display.update(update({ vertexes: [vertex("a", 0, 1)] }));
      await shown.display.finish(error);
      assert.match(screenOf(shown).text, expected);
    }
  });

  it("use no colours under NO_COLOR", async () => {
    const shown = await show("tty", small, { noColor: true });
    shown.display.update(update({ vertexes: [vertex("a", 0, 1), vertex("b", 0)], logs: [log("b", 1, "text\n")] }));
    await shown.clock.advance(1000);
    await shown.display.finish();
    assert.ok(!shown.stream.text.includes("m => "));
    assert.ok(!/\[\d*(;\d+)*m/.test(shown.stream.text));
  });

  it("fit terminals of any size", async () => {
    for (const columns of [1, 2, 7, 12, 19, 25, 40, 81, 300]) {
      for (const rows of [1, 2, 3, 5, 12, 200]) {
        const shown = await busyBuild({ columns, rows });
        const lines = lastFrame(shown).split("\n");
        assert.ok(lines.length <= Math.max(2, rows), `${lines.length} lines at ${columns}x${rows}`);
        await shown.display.finish();
        screenOf(shown);
      }
    }
  });

  it("keep timings in line behind wide and combining characters", async () => {
    const shown = await show("tty", small);
    const names = ["日本語のビルド".repeat(8), "e\u0301".repeat(90), "🚀 ship it", "plain"];
    shown.display.update(update({ vertexes: names.map((name) => vertex(name, 0, 1)) }));
    const lines = stripVTControlCharacters(shown.stream.text).split("\n").slice(1, 5);
    for (const line of lines) assert.equal(textWidth(line), 79, line);
    await shown.display.finish();
  });
});

describe("the tty display", () => {
  it("draws over itself and leaves nothing of earlier frames", async () => {
    const shown = await busyBuild(small);
    const { display, clock } = shown;
    display.update(update({ vertexes: [vertex("[deps 2/3] RUN npm ci --no-audit", 0.2, 3)] }));
    await clock.advance(1000);
    assert.equal(screenOf(shown).text, lastFrame(shown));
  });

  it("gives the cursor and line wrapping back with every single write", async () => {
    const shown = await busyBuild(small);
    await shown.display.finish();
    const screen = new Screen(80, 24);
    for (const text of shown.stream.writes) {
      screen.write(text);
      assert.deepEqual([screen.isCursorShown, screen.isWrapping], [true, true]);
    }
    assert.ok(shown.stream.writes.length > 5);
  });

  it("keeps no more of a log of 20 MB than its end, and draws no more than that", async () => {
    const { display, clock, stream } = await show("tty", small);
    const before = await usedBytes();
    for (const each of floodingBuild().take(300)) {
      display.update(each);
      await clock.advance(5);
    }
    const grown = (await usedBytes()) - before;
    assert.ok(grown < 4 * 1024 * 1024, `${grown} bytes`);
    assert.ok(stream.text.length < 100_000, `${stream.text.length} characters`);
    await display.finish();
  });

  it("draws at most ten times a second, however many updates come", async () => {
    const { display, clock, stream } = await show("tty", small);
    for (let index = 0; index < 1000; index++) {
      display.update(update({ vertexes: [vertex("a", 0)], logs: [log("a", index / 1000, `${index}\n`)] }));
      await clock.advance(1);
    }
    assert.ok(stream.writes.length <= 10, `${stream.writes.length} frames`);
    await display.finish();
  });

  it("lets the time of running steps go on without updates, and rests when nothing runs", async () => {
    const { display, clock, stream } = await show("tty", small);
    display.update(update({ vertexes: [vertex("a", 0)] }));
    await clock.advance(5000);
    assert.match(stream.writes.at(-1) ?? "", / => a {60,} 5\.0s/);
    display.update(update({ vertexes: [vertex("a", 0, 5)] }));
    await clock.advance(1000);
    const { length } = stream.writes;
    await clock.advance(60_000);
    assert.equal(stream.writes.length, length);
    assert.equal(clock.sleeping, 0);
    await display.finish();
  });

  it("shows the rows of running steps before those of completed ones when the terminal is too low", async () => {
    const shown = await show("tty", small);
    const running = [vertex("first", 0), vertex("last", 0)];
    const completed = Array.from({ length: 50 }, (_, index) => vertex(`done ${index}`, 0, 1));
    shown.display.update(
      update({ vertexes: [running[0], ...completed, running[1]].filter((one) => one !== undefined) }),
    );
    const lines = lastFrame(shown).split("\n");
    assert.match(lines[1] ?? "", / => first /);
    assert.match(lines[22] ?? "", / => last /);
    assert.match(lines[21] ?? "", / => done 49 /);
    assert.equal(lines.length, 24);
  });

  it("shows sixty steps that run at once on any terminal, and all of them at the end", async () => {
    const shown = await show("tty", small);
    const names = Array.from({ length: 60 }, (_, index) => `[step ${index}] RUN work`);
    shown.display.update(update({ vertexes: names.map((name) => vertex(name, 0)) }));
    shown.display.update(update({ logs: names.map((name) => log(name, 0.1, "working\n")) }));
    await shown.clock.advance(1000);
    assert.equal(lastFrame(shown).split("\n").length, 24);
    await shown.display.finish();
    const text = screenOf(shown).text;
    for (const name of names) assert.ok(text.includes(` => ${name} `));
  });

  it("shows the end of a running step's log, and the whole of what was kept when it fails", async () => {
    const shown = await show("tty", small);
    const lines = Array.from({ length: 40 }, (_, index) => `line ${index}\n`).join("");
    shown.display.update(update({ vertexes: [vertex("a", 0)], logs: [log("a", 1, lines)] }));
    const shownLines = lastFrame(shown)
      .split("\n")
      .filter((line) => line.startsWith(" => => # "));
    assert.deepEqual(
      shownLines,
      [34, 35, 36, 37, 38, 39].map((index) => ` => => # line ${index}`),
    );
    shown.display.update(update({ vertexes: [vertex("a", 0, 2, { error: "exit code: 1" })] }));
    await shown.display.finish();
    const text = screenOf(shown).text;
    assert.match(text, /------\n > a:\n1\.000 line 0\n/);
    assert.match(text, /1\.000 line 39\n------\n/);
  });

  it("says how much of a long log it has left out", async () => {
    const shown = await show("tty", small);
    shown.display.update(update({ vertexes: [vertex("a", 0)], logs: [log("a", 1, "0123456789\n".repeat(100_000))] }));
    shown.display.update(update({ vertexes: [vertex("a", 0, 2, { error: "exit code: 1" })] }));
    await shown.display.finish();
    assert.match(screenOf(shown).text, /\.\.\. 575712 bytes of earlier log left out\n/);
  });

  it("wraps long log lines, and takes the last state of those that overwrite themselves", async () => {
    const shown = await show("tty", { columns: 40, rows: 24 });
    const text = `${"abcdefghij".repeat(7)}\n10%\r20%\r\n\ttab\n`;
    shown.display.update(update({ vertexes: [vertex("a", 0)], logs: [log("a", 1, text)] }));
    const rows = lastFrame(shown)
      .split("\n")
      .filter((line) => line.startsWith(" => => # "));
    const thirty = "abcdefghij".repeat(3);
    assert.deepEqual(
      rows.map((row) => row.slice(9)),
      [thirty, thirty, "abcdefghij", "20%", "    tab"],
    );
  });

  it("takes everything out of a hostile build that could control the terminal", async () => {
    const hostile = "\x1b]0;owned\x07\x1b[2J\x1b[1;1H\x9b2J\x1b[?1049h\x08\x08\u202eevil";
    const shown = await show("tty", small, { description: hostile });
    const name = `[1/1] RUN ${hostile}`;
    shown.display.update(
      update({
        vertexes: [vertex(name, 0, undefined)],
        logs: [log(name, 1, `${hostile}\n${hostile}`)],
        statuses: [status(name, 1, { id: hostile })],
        warnings: [warning(name, hostile)],
      }),
    );
    await shown.clock.advance(1000);
    shown.display.update(update({ vertexes: [vertex(name, 0, 2, { error: hostile })] }));
    await shown.display.finish();
    const { text } = screenOf(shown);
    assert.match(text, /RUN evil/);
    assert.doesNotMatch(text, /owned/);
  });

  it("finds its own frame again on a terminal that was made narrower", async () => {
    const { display, clock, stream } = await show("tty", small);
    display.update(update({ vertexes: [vertex("a", 0), vertex("b", 0)] }));
    stream.columns = 40;
    stream.emit("resize");
    await clock.advance(200);
    assert.ok(stream.writes.at(-1)?.includes("\x1b[5A"), "the header's row and two for each step");
    await display.finish();
    assert.equal(stream.listenerCount("resize"), 0);
    assert.equal(stream.listenerCount("error"), 0);
  });

  it("leaves out frames that a slow terminal has no room for", async () => {
    const { display, clock, stream } = await show("tty", small);
    display.update(update({ vertexes: [vertex("a", 0)] }));
    stream.writableNeedDrain = true;
    await clock.advance(10_000);
    assert.equal(stream.writes.length, 1);
    stream.writableNeedDrain = false;
    await clock.advance(1000);
    assert.ok(stream.writes.length > 4);
    await display.finish();
  });

  it("writes nothing for a build that never showed a step", async () => {
    const { display, stream } = await show("tty", small);
    display.update(update({}));
    await display.finish(new Error("no engine"));
    assert.equal(stream.text, "");
  });

  it("stops the clock of a status whose step failed", async () => {
    const shown = await show("tty", small);
    const failed = vertex("a", 0, 1, { error: "lost" });
    shown.display.update(update({ vertexes: [failed], statuses: [status("a", 0.5)] }));
    await shown.clock.advance(60_000);
    await shown.display.finish();
    assert.match(screenOf(shown).text, / => => transferring context: {30,} 1\.0s/);
  });

  it("counts a running step by our clock when the engine's is wrong", async () => {
    const shown = await show("tty", small);
    shown.display.update(update({ vertexes: [vertex("a", -7200)] }));
    await shown.clock.advance(2000);
    assert.match(lastFrame(shown), /Building 2\.0s/);
    assert.match(lastFrame(shown), / => a {60,} 2\.0s/);
    await shown.display.finish();
    assert.equal(at(-7200).seconds, BigInt(startMs / 1000 - 7200));
  });
});

describe("the cost of the tty display", () => {
  it("is less than a second of CPU for 20 MB of log", async () => {
    const { display, clock } = await show("tty", large);
    display.update(update({ vertexes: [vertex("a", 0)] }));
    const chunk = "some text that a compiler writes, again and again \x1b[32mok\x1b[0m\n".repeat(64);
    const before = process.cpuUsage();
    for (let sent = 0; sent < 20e6; sent += chunk.length) {
      display.update(update({ logs: [log("a", sent / 1e6, chunk)] }));
      await clock.advance(5);
    }
    await display.finish();
    const { user, system } = process.cpuUsage(before);
    assert.ok(user + system < 1e6, `${(user + system) / 1000} ms`);
  });

  it("is less than 5 ms of CPU a frame for sixty steps that all write", async () => {
    const { display, clock } = await show("tty", large);
    const names = Array.from({ length: 60 }, (_, index) => `[stage-${index} 3/7] RUN make -j8 all`);
    display.update(update({ vertexes: names.map((name) => vertex(name, 0)) }));
    const before = process.cpuUsage();
    for (let frame = 0; frame < 100; frame++) {
      display.update(update({ logs: names.map((name) => log(name, frame, "building something\n".repeat(20))) }));
      await clock.advance(125);
    }
    const { user, system } = process.cpuUsage(before);
    await display.finish();
    assert.ok((user + system) / 100 < 5000, `${(user + system) / 100} µs`);
  });
});
