import assert from "node:assert/strict";
import { mkdtempDisposable, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { test } from "node:test";
import { readGoBuildInfo } from "./go-build-info.ts";

/** The smallest ELF file with one named section. */
function elfWith(name: string, content: Buffer): Buffer {
  const names = Buffer.from(`\0${name}\0.shstrtab\0`, "latin1");
  const header = Buffer.alloc(64);
  header.write("\x7fELF\x02\x01", 0, "latin1");
  header.writeBigUInt64LE(BigInt(64 + content.length + names.length), 40);
  header.writeUInt16LE(64, 58);
  header.writeUInt16LE(3, 60);
  header.writeUInt16LE(2, 62);
  const table = Buffer.alloc(3 * 64);
  const put = (index: number, nameAt: number, offset: number, bytes: number): void => {
    table.writeUInt32LE(nameAt, index * 64);
    table.writeBigUInt64LE(BigInt(offset), index * 64 + 24);
    table.writeBigUInt64LE(BigInt(bytes), index * 64 + 32);
  };
  put(1, 1, 64, content.length);
  put(2, name.length + 2, 64 + content.length, names.length);
  return Buffer.concat([header, content, names, table]);
}

function buildInfo(goVersion: string, modules: string): Buffer {
  const header = Buffer.alloc(32);
  header.write("\xff Go buildinf:", 0, "latin1");
  header[14] = 8;
  header[15] = 2;
  const text = (value: string): Buffer => {
    return Buffer.concat([
      Buffer.from([(value.length & 0x7f) | 0x80, value.length >> 7]),
      Buffer.from(value, "latin1"),
    ]);
  };
  return Buffer.concat([header, text(goVersion), text(modules)]);
}

async function fileWith(content: Buffer): Promise<{ file: string } & AsyncDisposable> {
  const folder = await mkdtempDisposable(path.join(tmpdir(), "od-elf-"));
  const file = path.join(folder.path, "program");
  await writeFile(file, content);
  return { file, [Symbol.asyncDispose]: () => folder.remove() };
}

test("Go version and module versions are read from a program", async () => {
  const modules = "path\texample.org/cmd\nmod\texample.org/main\tv1.2.3\th1:abc=\ndep\texample.org/other\tv0.4.0\n";
  await using program = await fileWith(elfWith(".go.buildinfo", buildInfo("go1.26.8", modules)));

  const info = await readGoBuildInfo(program.file);

  assert.equal(info?.goVersion, "go1.26.8");
  assert.equal(info?.modules.get("example.org/main"), "v1.2.3");
  assert.equal(info?.modules.get("example.org/other"), "v0.4.0");
});

test("a program that was not made by Go has no build information", async () => {
  await using program = await fileWith(elfWith(".text", Buffer.from("whatever")));

  assert.equal(await readGoBuildInfo(program.file), undefined);
});
