import assert from "node:assert/strict";
import { execFile, execFileSync } from "node:child_process";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { FLOOD_BYTES, PARALLEL_STEPS } from "./testing/load.ts";
import { Screen } from "./testing/screen.ts";

/** Of util-linux, not a dependency that npm knows. */
const scriptCommand = "script";

const player = fileURLToPath(new URL("./testing/play.ts", import.meta.url));

/** Runs a command on a pseudo-terminal of its own, by script(1) of util-linux, and tells what arrived there. */
async function onTerminal(command: string, { columns, rows }: Size = { columns: 100, rows: 30 }): Promise<string> {
  const { stdout } = await promisify(execFile)(
    scriptCommand,
    ["-qec", `stty cols ${columns} rows ${rows}; ${command}`, "/dev/null"],
    { timeout: 30_000, maxBuffer: 64 * 1024 * 1024 },
  );
  return stdout;
}

interface Size {
  readonly columns: number;
  readonly rows: number;
}

function hasScript(): boolean {
  try {
    return execFileSync(scriptCommand, ["--version"]).includes("util-linux");
  } catch {
    return false;
  }
}

describe("the tty display on a real terminal", { skip: !hasScript() && "script(1) is missing" }, () => {
  it("ends with the final state at the terminal's width, and the cursor back", async () => {
    const screen = new Screen(100, 30);
    screen.write(await onTerminal(`"${process.execPath}" "${player}" build.rawjson`));
    assert.equal(screen.isCursorShown, true);
    assert.equal(screen.isWrapping, true);
    const lines = screen.text.split("\n");
    assert.match(lines[0] ?? "", /^\[\+\] Building \d+\.\d+s \(12\/12\) FINISHED +a recording$/);
    for (const line of lines.filter((text) => text.startsWith(" => "))) assert.equal(line.length, 99, line);
  });

  it("leaves the terminal in order when the process is killed", async () => {
    const kill = `"${process.execPath}" "${player}" build.rawjson 30 || true`;
    const screen = new Screen(100, 30);
    screen.write(await onTerminal(kill));
    assert.match(screen.text, /Building \d/);
    assert.doesNotMatch(screen.text, /FINISHED/);
    assert.deepEqual([screen.isCursorShown, screen.isWrapping], [true, true]);
  });

  for (const size of [
    { columns: 80, rows: 24 },
    { columns: 200, rows: 60 },
  ]) {
    const { columns, rows } = size;

    it(`shows 60 steps at once at ${columns}x${rows} without scrolling, and all of them in the end`, async () => {
      const output = await onTerminal(`"${process.execPath}" "${player}" parallel`, size);
      const screen = new Screen(columns, rows);
      screen.write(output);
      const lines = screen.text.trimEnd().split("\n");
      // One frame alone is left: any other that had scrolled would stand above it.
      assert.match(lines[0] ?? "", /^\[\+\] Building \d+\.\ds \(60\/60\) FINISHED +a recording$/);
      assert.equal(lines.length, 1 + 2 * PARALLEL_STEPS);
      for (const line of lines.slice(1)) assert.equal(line.length, columns - 1, line);
      assert.deepEqual([screen.isCursorShown, screen.isWrapping], [true, true]);
      assert.ok(tallestFrame(output) < rows, `${tallestFrame(output)} lines`);
    });

    it(`shows a log of 20 MB at ${columns}x${rows} by its last lines`, async () => {
      const output = await onTerminal(`"${process.execPath}" "${player}" flood`, size);
      assert.ok(output.length < FLOOD_BYTES / 50, `${output.length} characters`);
      assert.match(output, / => => # line \d+ \.{50}/);
      const screen = new Screen(columns, rows);
      screen.write(output);
      const lines = screen.text.trimEnd().split("\n");
      assert.equal(lines.length, 2);
      assert.match(lines[1] ?? "", /^ => \[1\/1\] RUN cat everything +2\.5s$/);
    });
  }
});

/** Lines of the tallest frame but the last, which may be as tall as it likes: as many as the cursor goes back over. */
function tallestFrame(output: string): number {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what moves a cursor
  const ups = [...output.matchAll(/\x1b\[(\d+)[AF]/g)].map(([, count]) => Number(count));
  assert.ok(ups.length > 3, "frames are drawn over each other");
  return Math.max(...ups);
}
