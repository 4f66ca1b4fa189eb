import { createWriteStream, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";

const DOCKERFILE = "FROM scratch\nCOPY . /\n";

/** Bytes that do not compress and are the same at every run: a small linear generator. */
function* noise(size: number, seed: number): Generator<Buffer> {
  let state = seed >>> 0;
  for (let left = size; left > 0; ) {
    const chunk = Buffer.allocUnsafe(Math.min(left, 1024 * 1024));
    for (let at = 0; at + 4 <= chunk.length; at += 4) {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      chunk.writeUInt32LE(state, at);
    }
    left -= chunk.length;
    yield chunk;
  }
}

/** A context of one file of `bytes` bytes. */
export async function writeBigFile(folder: string, bytes: number): Promise<void> {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "Dockerfile"), DOCKERFILE);
  await pipeline(Readable.from(noise(bytes, 7)), createWriteStream(join(folder, "big.bin")));
}

/** A context of `count` files of 4 KiB on average, six to a folder, as a source tree with its dependencies has them. */
export function writeManyFiles(folder: string, count: number): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "Dockerfile"), DOCKERFILE);
  const [content] = noise(16 * 1024, 11);
  for (let index = 0; index < count; index++) {
    const place = join(folder, `package-${Math.floor(index / 600)}`, `module-${Math.floor(index / 6)}`);
    if (index % 6 === 0) mkdirSync(place, { recursive: true });
    writeFileSync(join(place, `file-${index}.js`), content?.subarray(0, 1024 * (1 + (index % 7))) ?? "");
  }
}
