import assert from "node:assert/strict";
import { mkdtemp, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite, test } from "node:test";
import { isProblem } from "@opendepot/base";
import { parseSecrets } from "@opendepot/buildflags";
import { resolveSecrets } from "./secrets.ts";

async function openFolder(): Promise<AsyncDisposable & { path: string }> {
  const path = await mkdtemp(join(tmpdir(), "depot-secrets-"));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true }) };
}

suite("secrets on this machine", () => {
  test("files are taken relative to the working folder and variables by name", async () => {
    await using folder = await openFolder();
    await writeFile(join(folder.path, "f"), "x");
    const around = { cwd: folder.path, environment: { B: "value", bare: "too" } };

    const sources = await resolveSecrets(parseSecrets(["id=a,src=f", "id=b,env=B", "id=bare", "id=f"]), around);

    assert.deepEqual(sources, [
      { id: "a", kind: "file", path: join(folder.path, "f") },
      { id: "b", kind: "env", name: "B", value: "value" },
      { id: "bare", kind: "env", name: "bare", value: "too" },
      { id: "f", kind: "file", path: join(folder.path, "f") },
    ]);
  });

  test("what cannot be found or sent is refused before anything is built", async () => {
    await using folder = await openFolder();
    await writeFile(join(folder.path, "big"), "");
    await truncate(join(folder.path, "big"), 500 * 1024 + 1);
    const around = { cwd: folder.path, environment: {} };

    for (const bad of ["id=a,src=missing", "id=missing", "id=a,src=big", "id=a,src=.", "id=a,env=UNSET"]) {
      await assert.rejects(
        resolveSecrets(parseSecrets([bad]), around),
        (error) => isProblem(error, "secret_invalid"),
        bad,
      );
    }
  });
});
