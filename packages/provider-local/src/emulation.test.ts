import assert from "node:assert/strict";
import { mkdtempDisposable, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { test } from "node:test";
import { hasEmulator } from "./emulation.ts";

const ARM64 = `enabled
interpreter /usr/bin/qemu-aarch64-static
flags: OCF
offset 0
magic 7f454c460201010000000000000000000200b700
mask ffffffffffffff00fffffffffffffffffeffffff
`;

async function binfmt(entries: Readonly<Record<string, string>>): Promise<{ path: string } & AsyncDisposable> {
  const folder = await mkdtempDisposable(path.join(tmpdir(), "od-binfmt-"));
  for (const [name, text] of Object.entries(entries)) await writeFile(path.join(folder.path, name), text);
  return folder;
}

test("a registered emulator that works inside containers is found by what it runs, not by its name", async () => {
  await using folder = await binfmt({ status: "enabled\n", register: "", something: ARM64 });

  assert.equal(await hasEmulator("arm64", folder.path), true);
  assert.equal(await hasEmulator("amd64", folder.path), false);
});

test("an emulator that is switched off, or that containers cannot reach, does not count", async () => {
  await using off = await binfmt({ status: "enabled\n", qemu: ARM64.replace("enabled", "disabled") });
  await using allOff = await binfmt({ status: "disabled\n", qemu: ARM64 });
  await using outside = await binfmt({ status: "enabled\n", qemu: ARM64.replace("OCF", "OC") });

  assert.equal(await hasEmulator("arm64", off.path), false);
  assert.equal(await hasEmulator("arm64", allOff.path), false);
  assert.equal(await hasEmulator("arm64", outside.path), false);
});

test("without binfmt_misc there is no emulator", async () => {
  assert.equal(await hasEmulator("arm64", "/nonexistent"), false);
});
