import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdir, mkdtempDisposable, statfs, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { test } from "node:test";
import { isProblem } from "@opendepot/base";
import { testEngineKinds } from "@opendepot/testing";
import { hasEmulator } from "./emulation.ts";
import { hostArchitecture, openTestProvider, requestFor } from "./testing/local-provider.ts";

for (const kind of await testEngineKinds()) {
  test(`a full disk is told as such (${kind})`, async (t) => {
    await using folder = await mkdtempDisposable(path.join(tmpdir(), "od-full-"));
    await using disk = await mountSmallDisk(path.join(folder.path, "disk"));
    await using subject = await openTestProvider(kind, disk.path);
    await fill(disk.path);

    const starting = subject.provider.start(requestFor("builder"), t.signal);

    await assert.rejects(starting, (error) => {
      assert.ok(isProblem(error, "disk_full"), String(error));
      assert.match(error.hint ?? "", /free some space/);
      return true;
    });
  });

  test(`a foreign architecture is emulated, or refused with a hint (${kind})`, async (t) => {
    await using folder = await mkdtempDisposable(path.join(tmpdir(), "od-foreign-"));
    await using subject = await openTestProvider(kind, folder.path);
    const architecture = hostArchitecture === "amd64" ? "arm64" : "amd64";

    const isEmulated = await hasEmulator(architecture);

    const starting = subject.provider.start({ ...requestFor("builder"), architecture }, t.signal);

    if (isEmulated) assert.equal((await starting).isEmulated, true);
    else
      await assert.rejects(
        starting,
        (error) => isProblem(error, "architecture_unavailable") && error.hint !== undefined,
      );
  });
}

async function mountSmallDisk(at: string): Promise<{ readonly path: string } & AsyncDisposable> {
  await mkdir(at);
  execFileSync("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", at]);
  return { path: at, [Symbol.asyncDispose]: async () => void execFileSync("umount", ["-l", at]) };
}

async function fill(folder: string): Promise<void> {
  const { bavail, bsize } = await statfs(folder);
  await writeFile(path.join(folder, "ballast"), Buffer.alloc(bavail * bsize - 16 * 1024));
}
