import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { writeChecksums } from "./checksums.ts";

test("sums are written in the form that sha256sum reads, sorted by name", async (context) => {
  const folder = await mkdtemp(join(tmpdir(), "od-sums-"));
  context.after(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, "b"), "abc");
  await writeFile(join(folder, "a"), "");

  await writeChecksums(folder, ["b", "a"]);

  assert.equal(
    await readFile(join(folder, "SHA256SUMS"), "utf8"),
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855  a\n" +
      "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad  b\n",
  );
});
