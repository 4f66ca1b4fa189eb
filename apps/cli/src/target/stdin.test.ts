import assert from "node:assert/strict";
import { test } from "node:test";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { readStdinContent } from "./stdin.ts";

async function* inPieces(bytes: Buffer, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function readAll(stream: AsyncIterable<Uint8Array>): Promise<Buffer> {
  return Buffer.concat(await Array.fromAsync(stream));
}

/** A tar archive of one empty file, by POSIX's rules. */
function tarOf(name: string): Buffer {
  const header = Buffer.alloc(1024);
  header.write(name, 0, "latin1");
  header.write("0000644\0", 100, "latin1");
  header.write("00000000000\0", 124, "latin1");
  header.write("0", 156, "latin1");
  header.write("ustar\x0000", 257, "latin1");
  const sum = header.subarray(0, 512).reduce((total, byte) => total + byte, 8 * 0x20);
  header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
  return header;
}

for (const [kind, bytes] of [
  ["plain", tarOf("Dockerfile")],
  ["gzip", gzipSync(tarOf("Dockerfile"))],
  ["zstd", zstdCompressSync(tarOf("Dockerfile"))],
] as const) {
  test(`an archive (${kind}) is known by its first bytes and lost none of them`, async () => {
    const content = await readStdinContent(inPieces(bytes, 7));

    assert.equal(content.kind, "archive");
    if (content.kind === "archive") assert.deepEqual(await readAll(content.stream), bytes);
  });
}

test("everything else is a Dockerfile, also when it is short, long or empty", async () => {
  for (const text of ["FROM scratch\n", "", `FROM scratch\n#${"x".repeat(5_000)}`]) {
    const content = await readStdinContent(inPieces(Buffer.from(text), 100));
    assert.deepEqual(content, { kind: "text", text: Buffer.from(text) });
  }
});

test("endless text is refused", async () => {
  async function* endless(): AsyncGenerator<Uint8Array> {
    for (;;) yield Buffer.alloc(1 << 20, "x");
  }
  await assert.rejects(readStdinContent(endless()), /too long for a Dockerfile/);
});
