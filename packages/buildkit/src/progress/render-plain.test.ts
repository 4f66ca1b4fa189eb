import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { stripVTControlCharacters } from "node:util";
import type { StatusResponse } from "../gen/moby/buildkit/v1/control.ts";
import { at, log, status, update, vertex, warning } from "./testing/events.ts";
import { assertGolden } from "./testing/golden.ts";
import { recordedUpdates, testdataLines } from "./testing/recording.ts";
import { replay } from "./testing/replay.ts";
import { plainText, show } from "./testing/show.ts";

/** Recorded builds as they came live; the same builds as buildctl showed them afterwards, from the engine's history. */
const builds = ["build", "cached", "failing"];

async function replayed(recording: string): Promise<string> {
  const { display, clock, stream } = await show("plain");
  await replay(display, recordedUpdates(recording), clock);
  await display.finish();
  return stream.text;
}

/** What is said of each step, by its name instead of its number; what may differ between two views of a build is left out. */
function substance(lines: readonly string[]): string[] {
  const names = new Map<string, string>();
  const said = new Set<string>();
  for (const line of lines) {
    const [, number = "", text = ""] = /^#(\d+) (.*)$/.exec(line) ?? [];
    if (number === "" || text === "...") continue;
    if (!names.has(number)) names.set(number, text);
    else if (!/^(transferring|exporting|sending) /.test(text)) said.add(`${names.get(number)}: ${text}`);
  }
  return [...said].sort();
}

describe("plain progress of recorded builds", () => {
  for (const name of builds) {
    it(`reads the same as before: ${name}`, async () =>
      assertGolden(`${name}.plain.txt`, await replayed(`${name}.rawjson`)));

    it(`says what buildctl says: ${name}`, async () => {
      const ours = (await replayed(`${name}.rawjson`)).split("\n");
      assert.deepEqual(substance(ours), substance(testdataLines(`${name}.buildctl.txt`)));
    });
  }

  for (const name of ["build", "failing"]) {
    it(`is the text of buildctl to the letter, but for the summary of warnings: ${name}`, async () => {
      const [text = ""] = (await replayed(`${name}.history.rawjson`)).split("\n\n 2 warnings found");
      assert.deepEqual(
        text.split("\n").filter((line) => line !== ""),
        testdataLines(`${name}.buildctl.txt`),
      );
    });
  }
});

describe("plain progress", () => {
  it("shows a step's log with the seconds since its start, and how long it took", async () => {
    const text = await plainText([
      update({ vertexes: [vertex("[1/2] RUN make", 1)] }),
      update({ logs: [log("[1/2] RUN make", 1.091, "hello\nworld\n")] }),
      update({ logs: [log("[1/2] RUN make", 13.5, "later\n"), log("[1/2] RUN make", 124, "much later\n")] }),
      update({ vertexes: [vertex("[1/2] RUN make", 1, 130)] }),
    ]);
    assert.equal(
      text,
      [
        "#1 [1/2] RUN make",
        "#1 0.091 hello",
        "#1 0.091 world",
        "#1 12.50 later",
        "#1 123.0 much later",
        "#1 DONE 129.0s",
        "",
      ].join("\n"),
    );
  });

  it("tells cached, failed and canceled steps apart, and repeats the last ten log lines of the failed one", async () => {
    const lines = Array.from({ length: 12 }, (_, index) => `line ${index}\n`).join("");
    const text = await plainText([
      update({ vertexes: [vertex("cached", 0, 0.1, { cached: true }), vertex("failed", 0), vertex("canceled", 0)] }),
      update({ logs: [log("failed", 1, `${lines}no end`)] }),
      update({ vertexes: [vertex("failed", 0, 2, { error: "exit code: 3" })] }),
      update({ vertexes: [vertex("canceled", 0, 2, { error: "process: context canceled" })] }),
    ]);
    assertGolden("outcomes.plain.txt", text);
  });

  it("prints completed steps at once and leaves the running one with three dots", async () => {
    const { display, clock, stream } = await show("plain");
    display.update(update({ vertexes: [vertex("slow", 0)], logs: [log("slow", 0.1, "one\n")] }));
    await clock.advance(1000);
    display.update(update({ vertexes: [vertex("quick", 0.5, 0.9)] }));
    await clock.advance(1000);
    display.update(update({ logs: [log("slow", 1.9, "two\n")] }));
    await clock.advance(1000);
    display.update(update({ vertexes: [vertex("slow", 0, 2.5)] }));
    await display.finish();
    assertGolden("interleaved.plain.txt", stream.text);
  });

  it("stays with a running step for about five seconds before it turns to another one", async () => {
    const { display, clock, stream } = await show("plain");
    display.update(update({ vertexes: [vertex("left", 0), vertex("right", 0)] }));
    for (let tick = 1; tick <= 300; tick++) {
      await clock.advance(100);
      const text = `tick ${tick}\n`;
      display.update(update({ logs: [log("left", tick / 10, text), log("right", tick / 10, text)] }));
    }
    const changes = stream.text.match(/^#\d \.\.\.$/gm) ?? [];
    assert.ok(changes.length >= 2 && changes.length <= 4, `${changes.length} changes in 30 s`);
    await display.finish();
    for (const number of [1, 2]) assert.match(stream.text, new RegExp(`^#${number} 30\\.00 tick 300$`, "m"));
  });

  it("lets a step that says little speak after ten seconds at the latest", async () => {
    const { display, clock, stream } = await show("plain");
    display.update(update({ vertexes: [vertex("loud", 0)] }));
    await clock.advance(200);
    display.update(update({ vertexes: [vertex("shy", 0)], logs: [log("shy", 0.2, "psst\n")] }));
    for (let tick = 1; tick <= 105; tick++) {
      await clock.advance(100);
      display.update(update({ logs: [log("loud", tick / 10, "LOUD\n".repeat(50))] }));
    }
    assert.match(stream.text, /psst/);
    await display.finish();
  });

  it("prints the beginning of a line as it comes, and its rest behind it", async () => {
    const { display, clock, stream } = await show("plain");
    display.update(update({ vertexes: [vertex("a", 0)], logs: [log("a", 0.1, "progress .")] }));
    assert.equal(stream.text, "#1 a\n#1 0.100 progress .");
    await clock.advance(1000);
    display.update(update({ logs: [log("a", 1, "..")] }));
    await clock.advance(1000);
    display.update(update({ logs: [log("a", 2, " done\nnext\n")] }));
    assert.equal(stream.text, "#1 a\n#1 0.100 progress ... done\n#1 2.000 next\n");
    await display.finish();
  });

  it("ends an unfinished line before another step speaks, and repeats it in full", async () => {
    const { display, clock, stream } = await show("plain");
    display.update(update({ vertexes: [vertex("a", 0)], logs: [log("a", 0.1, "begin")] }));
    await clock.advance(1000);
    display.update(update({ vertexes: [vertex("b", 0, 1)] }));
    await clock.advance(1000);
    display.update(update({ logs: [log("a", 2, " end\n")] }));
    await display.finish();
    assert.equal(stream.text, "#1 a\n#1 0.100 begin\n#1 ...\n\n#2 b\n#2 DONE 1.0s\n\n#1 a\n#1 0.100 begin end\n");
  });

  it("puts characters together that were cut between two messages", async () => {
    const [head, tail] = [Buffer.from("é").subarray(0, 1), Buffer.from("é").subarray(1)];
    const text = await plainText([
      update({ vertexes: [vertex("a", 0)], logs: [log("a", 0, head)] }),
      update({ logs: [log("a", 0, Buffer.concat([tail, Buffer.from("\n")]))] }),
    ]);
    assert.equal(text, "#1 a\n#1 0.000 é\n");
  });

  it("shows transfers when they have moved on by a twentieth, and how they ended", async () => {
    const amount = (current: number, seconds: number, isDone = false) =>
      status("a", seconds, {
        current: BigInt(current),
        total: 2_000_000n,
        completed: isDone ? at(seconds) : undefined,
      });
    const text = await plainText([
      update({ vertexes: [vertex("a", 0)], statuses: [amount(100_000, 0.5)] }),
      update({ statuses: [amount(110_000, 0.6)] }),
      update({ statuses: [amount(1_000_000, 0.7)] }),
      update({ statuses: [amount(1_980_000, 1.2, true)], vertexes: [vertex("a", 0, 1.3)] }),
    ]);
    assertGolden("transfer.plain.txt", text);
  });

  it("waits for the end of an open status before it calls a step done", async () => {
    const text = await plainText([
      update({ vertexes: [vertex("a", 0, 1)], statuses: [status("a", 0.5)] }),
      update({ statuses: [status("a", 2, { completed: at(2) })] }),
    ]);
    assert.equal(text, "#1 a\n#1 transferring context: 0.5s\n#1 transferring context: 2.0s done\n#1 DONE 1.0s\n");
  });

  it("calls a step done at the end even if its status never ended", async () => {
    const text = await plainText([
      update({ vertexes: [vertex("a", 0, 1, { error: "lost" })], statuses: [status("a", 0.5)] }),
    ]);
    assert.match(text, /#1 ERROR: lost\n/);
  });

  it("shows warnings in their step and sums them up at the end", async () => {
    const text = await plainText([
      update({ vertexes: [vertex("a", 0)] }),
      update({
        vertexes: [vertex("a", 0, 1)],
        warnings: [warning("a", "Casing: use upper case"), warning("a", "Other")],
      }),
    ]);
    assertGolden("warnings.plain.txt", text);
  });

  it("prints everything of a build that was cut off", async () => {
    const { display, stream } = await show("plain");
    const logs = [log("a", 0.1, "of a\n"), log("b", 0.1, "of b, no end")];
    display.update(update({ vertexes: [vertex("a", 0), vertex("b", 0)] }));
    display.update(update({ logs }));
    await display.finish(new Error("connection lost"));
    assert.match(stream.text, /of a\n/);
    assert.match(stream.text, /of b, no end\n/);
  });

  it("ends a line that never ends by itself, so that it need not be kept", async () => {
    const text = await plainText([
      update({ vertexes: [vertex("a", 0)] }),
      ...Array.from({ length: 40 }, () => update({ logs: [log("a", 1, "x".repeat(4096))] })),
      update({ vertexes: [vertex("a", 0, 2)] }),
    ]);
    assert.equal(text.match(/x/g)?.length, 40 * 4096);
    assert.ok(text.split("\n").every((line) => line.length < 80_000));
  });

  it("passes logs to a file as they are, but keeps step names to one line", async () => {
    const raw = "\x1b[31mred\x1b[0m 10%\r50%\x1b]0;title\x07\n";
    const name = "[1/1] RUN \x1b[2Jevil\nname";
    const text = await plainText([update({ vertexes: [vertex(name, 0)], logs: [log(name, 0, raw)] })]);
    assert.equal(text, `#1 [1/1] RUN evil name\n#1 0.000 ${raw}`);
  });

  it("lets nothing through to a terminal that could control it, even in pieces", async () => {
    const { display, clock, stream } = await show("plain", { columns: 80, rows: 24 });
    display.update(update({ vertexes: [vertex("a", 0)] }));
    for (const piece of ["\x1b[31mred\x1b", "[2Jtext\x1b]0;ti", "tle\x07!\x1b[3", "2mgreen\n"]) {
      display.update(update({ logs: [log("a", 0, piece)] }));
      await clock.advance(1000);
    }
    await display.finish();
    assert.equal(stripVTControlCharacters(stream.text), "#1 a\n#1 0.000 redtext!green\n");
    assert.ok(stream.text.includes("\x1b[31mred"));
    assert.ok(!stream.text.includes("\x1b[2J"));
  });
});

describe("plain progress, whatever the order and the cut of updates", () => {
  const recorded = recordedUpdates("build.rawjson");
  const expected = outcomes(testdataLines("build.buildctl.txt"));

  for (let seed = 1; seed <= 25; seed++) {
    it(`ends every step alike: shuffle ${seed}`, async () => {
      assert.deepEqual(outcomes((await plainText(shuffled(recorded, seed))).split("\n")), expected);
    });
  }
});

/** Each step's name and last line. */
function outcomes(lines: readonly string[]): string[] {
  const [names, ends] = [new Map<string, string>(), new Map<string, string>()];
  for (const line of lines) {
    const [, number = "", text = ""] = /^#(\d+) (.*)$/.exec(line) ?? [];
    if (number !== "" && !names.has(number)) names.set(number, text);
    if (/^(DONE|CACHED|CANCELED|ERROR)/.test(text)) ends.set(number, text);
  }
  return [...names].map(([number, name]) => `${name} = ${ends.get(number)}`).sort();
}

/** The same events, in another order and in other updates. */
function shuffled(updates: readonly StatusResponse[], seed: number): StatusResponse[] {
  let state = seed * 7919;
  const random = (below: number): number => {
    state = (state * 48271) % 2147483647;
    return state % below;
  };
  const events = updates.flatMap(({ vertexes, statuses, logs, warnings }) => [
    ...vertexes.map((one) => update({ vertexes: [one] })),
    ...statuses.map((one) => update({ statuses: [one] })),
    ...logs.map((one) => update({ logs: [one] })),
    ...warnings.map((one) => update({ warnings: [one] })),
  ]);
  for (let index = events.length - 1; index > 0; index--) {
    const other = random(index + 1);
    [events[index], events[other]] = [events[other] ?? update({}), events[index] ?? update({})];
  }
  const joined: StatusResponse[] = [];
  while (events.length > 0) {
    const part = events.splice(0, 1 + random(8));
    joined.push({
      vertexes: part.flatMap(({ vertexes }) => vertexes),
      statuses: part.flatMap(({ statuses }) => statuses),
      logs: part.flatMap(({ logs }) => logs),
      warnings: part.flatMap(({ warnings }) => warnings),
    });
  }
  return joined;
}
