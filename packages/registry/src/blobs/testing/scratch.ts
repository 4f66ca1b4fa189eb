import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runProgram } from "@opendepot/testing";

/** A folder that disposing removes. */
export interface Scratch extends AsyncDisposable {
  readonly path: string;
}

/** A new folder on a disk, not in memory: what is synced there is really written. */
export async function makeScratch(): Promise<Scratch> {
  const path = await mkdtemp(join(tmpdir(), "od-blobs-"));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

/** A file system of its own that is soon full, with the `options` of a tmpfs: `size=12m`. */
export async function mountSmall(options: string): Promise<Scratch> {
  assert.equal(process.getuid?.(), 0, "this test mounts a small file system: run it as root");
  await using cleanup = new AsyncDisposableStack();
  const { path } = cleanup.use(await makeScratch());
  const { code, stderr } = await runProgram(["mount", "-t", "tmpfs", "-o", options, "tmpfs", path]);
  assert.equal(code, 0, stderr);
  cleanup.defer(async () => {
    await runProgram(["umount", path]);
  });
  const owned = cleanup.move();
  return { path, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}
