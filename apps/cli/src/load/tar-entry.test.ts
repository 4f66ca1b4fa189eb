import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempDisposableSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { TAR_END, tarHeader, tarPadding } from "./tar-entry.ts";

function listing(archive: string): string[] {
  return execFileSync("tar", ["--list", "--verbose", "--numeric-owner", "--utc", "--file", archive], {
    encoding: "utf8",
  }).split("\n");
}

test("tar reads small and empty files back", () => {
  using folder = mkdtempDisposableSync(join(tmpdir(), "tar-"));
  const archive = join(folder.path, "small.tar");
  const files = ["", "x", "y".repeat(512), "z".repeat(1000)].map((text, at) => {
    const bytes = Buffer.from(text);
    return [tarHeader(`blobs/sha256/${at}`, bytes.length), bytes, tarPadding(bytes.length)];
  });
  writeFileSync(archive, Buffer.concat([...files.flat(), TAR_END]));

  const read = [0, 1, 2, 3].map((at) => execFileSync("tar", ["-xOf", archive, `blobs/sha256/${at}`]).length);

  assert.deepEqual(read, [0, 1, 512, 1000]);
  assert.match(listing(archive)[3] ?? "", /^-rw-r--r-- 0\/0 +1000 1970-01-01 00:00 blobs\/sha256\/3$/);
});

test("a file of more than 8 GiB has its size", () => {
  using folder = mkdtempDisposableSync(join(tmpdir(), "tar-"));
  const archive = join(folder.path, "large.tar");
  const size = 9 * 1024 ** 3 + 1;
  writeFileSync(archive, tarHeader("large", size));
  truncateSync(archive, 512 + size + tarPadding(size).length + TAR_END.length);

  assert.match(listing(archive)[0] ?? "", new RegExp(` ${size} .* large$`));
});

test("a name that does not fit is not cut off", () => {
  assert.throws(() => tarHeader("n".repeat(101), 1), RangeError);
});
