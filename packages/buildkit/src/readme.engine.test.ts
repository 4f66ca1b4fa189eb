import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { copyFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { startTestEngine, testBaseImage } from "@opendepot/testing";

const run = promisify(execFile);

test("the example of the README builds an image", { timeout: 120_000 }, async () => {
  const readme = await readFile(join(import.meta.dirname, "../README.md"), "utf8");
  const example = /```ts\n([\s\S]*?)```/.exec(readme)?.[1];
  assert.ok(example);
  await using engine = await startTestEngine();
  await using cleanup = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), "od-readme-"));
  cleanup.defer(() => rm(folder, { recursive: true, force: true }));
  await copyFile(join(await testBaseImage(), "busybox"), join(folder, "busybox"));
  await writeFile(join(folder, "Dockerfile"), 'FROM scratch\nCOPY busybox /bin/\nRUN ["/bin/busybox", "true"]\n');
  const index = JSON.stringify(join(import.meta.dirname, "index.ts"));
  const program = example
    .replace('"@opendepot/buildkit"', index)
    .replace('{ kind: "unix", path: "/run/buildkit/buildkitd.sock" }', JSON.stringify(engine.endpoint));
  assert.ok(
    program.includes(index) && !program.includes("/run/buildkit/"),
    "the example is not what this test expects",
  );
  await writeFile(join(folder, "example.ts"), program);

  const { stdout, stderr } = await run(process.execPath, ["example.ts"], { cwd: folder });

  assert.match(stdout, /^sha256:[0-9a-f]{64}\n$/);
  assert.match(stderr, /COPY busybox/);
});
