import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { test } from "node:test";

/** Runs the leaking test file without the traces of the test runner that runs us. */
async function runLeaking(what: string): Promise<{ code: unknown; output: string }> {
  const script = join(import.meta.dirname, "../test/leaking.ts");
  const child = spawn(process.execPath, ["--test-force-exit", script, what], {
    env: {},
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [output, [code]] = await Promise.all([text(child.stdout), once(child, "close")]);
  return { code, output };
}

for (const [what, kind] of [
  ["server", "1 TCPServerWrap"],
  ["process", "1 ProcessWrap"],
  ["timer", "1 Timeout"],
] as const) {
  test(`a ${what} that is left open fails the file and is named`, async () => {
    const { code, output } = await runLeaking(what);
    assert.equal(code, 1);
    assert.ok(output.includes(`still open after the last test: ${kind}`), output);
  });
}

for (const what of ["nothing", "short timer", "unreferenced timer"]) {
  test(`${what} is no leak`, async () => {
    const { code, output } = await runLeaking(what);
    assert.equal(code, 0, output);
  });
}
