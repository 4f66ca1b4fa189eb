import assert from "node:assert/strict";
import { execFile, execFileSync } from "node:child_process";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { Screen } from "./testing/screen.ts";

/** Of util-linux, not a dependency that npm knows. */
const scriptCommand = "script";

const player = fileURLToPath(new URL("./testing/play.ts", import.meta.url));

/** Runs a command on a pseudo-terminal of its own, by script(1) of util-linux, and tells what arrived there. */
async function onTerminal(command: string): Promise<string> {
  const { stdout } = await promisify(execFile)(
    scriptCommand,
    ["-qec", `stty cols 100 rows 30; ${command}`, "/dev/null"],
    {
      timeout: 30_000,
    },
  );
  return stdout;
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
});
