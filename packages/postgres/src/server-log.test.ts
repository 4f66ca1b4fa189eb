import assert from "node:assert/strict";
import { mkdtempDisposable, readFile, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { ServerLog } from "./server-log.ts";

const noListener = (): void => undefined;

test("lines are whole whatever the pieces, and the last ones are kept", async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), "server-log-"));
  const path = join(folder.path, "log");
  const seen: string[] = [];
  {
    using log = new ServerLog({ path, onLine: (line) => seen.push(line) });
    for (const piece of ["fir", "st\nsec", "ond\n", "no end"]) log.write(piece);
    assert.deepEqual(log.lastLines(), ["first", "second"]);
  }
  assert.deepEqual(seen, ["first", "second", "no end"]);
  assert.equal(await readFile(path, "utf8"), "first\nsecond\nno end\n");
});

test("the file and its predecessor stay below the limit, over several openings", async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), "server-log-"));
  const path = join(folder.path, "log");
  for (let opening = 0; opening < 3; opening++) {
    using log = new ServerLog({ path, maxBytes: 1000, onLine: noListener });
    for (let line = 0; line < 100; line++) log.write(`opening ${opening} line ${line}\n`);
  }
  assert.ok((await stat(path)).size <= 1000);
  assert.ok((await stat(`${path}.1`)).size <= 1000);
  assert.match(await readFile(path, "utf8"), /opening 2 line 99\n$/);
});

test("memory stays bounded when lines are endless or many", () => {
  using log = new ServerLog({ path: "/nonexistent/log", onLine: noListener });
  log.write("x".repeat(1_000_000));
  log.write("\n");
  for (let line = 0; line < 1000; line++) log.write(`${line}\n`);
  assert.equal(log.lastLines().length, 20);
  assert.equal(log.lastLines().at(-1), "999");
});
