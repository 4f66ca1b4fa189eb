import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";

const run = promisify(execFile);

test("the example of the README prints a value and an excerpt with a suggestion", async () => {
  const readme = await readFile(join(import.meta.dirname, "../README.md"), "utf8");
  const [, example] = /```ts\n(.*?)```/s.exec(readme) ?? [];
  assert.ok(example !== undefined);
  // Inside of the package, where its own name can be imported.
  const folder = await mkdtemp(join(import.meta.dirname, ".readme-"));
  try {
    await writeFile(join(folder, "example.ts"), example);

    const { stdout } = await run(process.execPath, [join(folder, "example.ts")]);

    assert.deepEqual(stdout.split("\n").slice(0, 2), [
      'app.tags = ["user/app:1.0-alpine","user/app:latest-alpine"]',
      "docker-bake.hcl:4",
    ]);
    assert.ok(
      stdout.includes(
        'docker-bake.hcl:4,22-26: Unknown variable; There is no variable named "debg". Did you mean "debug"?',
      ),
    );
  } finally {
    await rm(folder, { recursive: true });
  }
});
