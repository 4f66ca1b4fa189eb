import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { stripSymbols } from "./strip-symbols.ts";

interface FakeSection {
  readonly name: string;
  readonly type: number;
  readonly flags?: bigint;
  readonly content: string;
}

/** A 64-bit ELF file of nothing but sections, the last of which names them; a segment covers the first `loaded` bytes. */
function makeElf(sections: readonly FakeSection[], loaded: number): Buffer {
  const names = [...sections.map(({ name }) => name), ".shstrtab"];
  const all = [...sections, { name: ".shstrtab", type: 3, content: `${names.join("\0")}\0` }];
  const head = Buffer.alloc(64 + 56);
  head.set([0x7f, 0x45, 0x4c, 0x46, 2, 1]);
  head.writeBigUInt64LE(64n, 0x20);
  head.writeUInt16LE(56, 0x36);
  head.writeUInt16LE(1, 0x38);
  head.writeBigUInt64LE(BigInt(loaded), 64 + 0x20);
  let [at, nameAt] = [head.length, 0];
  const headers = all.map(({ name, type, content, flags = 0n }: FakeSection) => {
    const header = Buffer.alloc(64);
    header.writeUInt32LE(nameAt, 0);
    header.writeUInt32LE(type, 4);
    header.writeBigUInt64LE(flags, 8);
    header.writeBigUInt64LE(BigInt(at), 0x18);
    header.writeBigUInt64LE(BigInt(content.length), 0x20);
    [at, nameAt] = [at + content.length, nameAt + name.length + 1];
    return header;
  });
  head.writeBigUInt64LE(BigInt(at), 0x28);
  head.writeUInt16LE(all.length, 0x3c);
  head.writeUInt16LE(all.length - 1, 0x3e);
  return Buffer.concat([head, ...all.map(({ content }) => Buffer.from(content)), ...headers]);
}

const text = { name: ".text", type: 1, flags: 2n, content: "code" };
const symbols = { name: ".symtab", type: 2, content: "symbols, many of them" };
const strings = { name: ".strtab", type: 3, content: "their names" };

test("symbols behind everything that is loaded are cut off, and the rest stays where it was", () => {
  const stripped = stripSymbols(makeElf([text, symbols, strings], 124));

  assert.equal(stripped.toString("latin1", 120, 124), "code");
  assert.ok(!stripped.includes("symbols") && !stripped.includes("their names"));
  const table = Number(stripped.readBigUInt64LE(0x28));
  assert.deepEqual([stripped.readUInt16LE(0x3c), stripped.readUInt16LE(0x3e)], [2, 1]);
  assert.equal(table % 8, 0);
  assert.equal(stripped.length, table + 2 * 64);
  const namesAt = Number(stripped.readBigUInt64LE(table + 64 + 0x18));
  const ownName = stripped.readUInt32LE(table + 64);
  assert.equal(stripped.toString("latin1", namesAt + ownName, namesAt + ownName + 10), ".shstrtab\0");
});

test("a file whose symbols lie among what is loaded comes back as it was", () => {
  const [among, covered] = [makeElf([symbols, text], 0), makeElf([text, symbols], 130)];

  assert.equal(stripSymbols(among), among);
  assert.equal(stripSymbols(covered), covered);
});

test("what is no ELF file, or has no symbols, comes back as it was", async () => {
  const script = await readFile(import.meta.filename);
  const bare = makeElf([text], 124);

  assert.equal(stripSymbols(script), script);
  assert.equal(stripSymbols(bare), bare);
});
