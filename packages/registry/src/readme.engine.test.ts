import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { runProgram, startTestPostgres } from "@opendepot/testing";

test("the example of the README does what its comments say", { timeout: 120_000 }, async () => {
  const readme = await readFile(join(import.meta.dirname, "../README.md"), "utf8");
  const example = /```ts\n([\s\S]*?)```/.exec(readme)?.[1] ?? "";
  await using cleanup = new AsyncDisposableStack();
  const { connectionString } = cleanup.use(await startTestPostgres());
  const folder = await mkdtemp(join(tmpdir(), "od-readme-"));
  cleanup.defer(() => rm(folder, { recursive: true, force: true }));
  const index = JSON.stringify(join(import.meta.dirname, "index.ts"));
  const program = example
    .replace('"@opendepot/registry"', index)
    .replace('"postgres://localhost/registry"', JSON.stringify(connectionString));
  assert.ok(program.includes(index) && program.includes(connectionString), "the example is not what this test expects");
  await writeFile(join(folder, "example.ts"), `${program}\nconsole.log(JSON.stringify([manifests, status]));\n`);

  const { code, stdout, stderr } = await runProgram([process.execPath, "example.ts"], { cwd: folder });

  assert.equal(code, 0, stderr);
  assert.deepEqual(JSON.parse(stdout), [0, 200]);
});
