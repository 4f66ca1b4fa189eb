import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempDisposableSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { test } from "node:test";
import { BytesMessage } from "../gen/moby/upload/v1/upload.ts";
import { callInMemory } from "../testing/memory-call.ts";
import { decode } from "../wire/codec.ts";
import { ARCHIVE_HEAD_BYTES, isArchiveHead } from "./archive-head.ts";
import { createUpload, type Upload } from "./upload.ts";

async function pull({ service }: Upload, urlpath: string): Promise<Buffer[]> {
  return await callInMemory(service, {
    method: "Pull",
    metadata: { urlpath, urlhost: "buildkit-session" },
    engine: async (side) => {
      const pieces: Buffer[] = [];
      for await (const message of side.messages) pieces.push(Buffer.from(decode(BytesMessage, message).data));
      return pieces;
    },
  });
}

test("a stream is given once, whole, in pieces, to whoever knows its name", async () => {
  const upload = createUpload(Readable.from([Buffer.alloc(2_500_000, "a"), "text"]));
  const { pathname, host } = new URL(upload.url);
  assert.equal(host, "buildkit-session");
  await assert.rejects(pull(upload, "/other"), /no http response from session for \/other/);
  const pieces = await pull(upload, pathname);
  assert.ok(pieces.every(({ length }) => length <= 1024 * 1024));
  assert.equal(Buffer.concat(pieces).toString(), `${"a".repeat(2_500_000)}text`);
  await assert.rejects(pull(upload, pathname), /no http response/);
});

test("a stream whose engine has gone is closed, and one that fails fails the call", async () => {
  const endless = new Readable({ read: () => void endless.push(Buffer.alloc(100_000)) });
  const upload = createUpload(endless);
  const gone = callInMemory(upload.service, {
    method: "Pull",
    metadata: { urlpath: new URL(upload.url).pathname },
    engine: async (side) => {
      for await (const _ of side.messages) side.reset(new Error("gone"));
    },
  });
  await assert.rejects(gone, /gone/);
  assert.ok(endless.destroyed);
  const failing = new Readable({ read: () => void failing.destroy(new Error("cannot read")) });
  const other = createUpload(failing);
  await assert.rejects(pull(other, new URL(other.url).pathname), /cannot read/);
});

test("archives are told from Dockerfiles by how they begin", () => {
  using folder = mkdtempDisposableSync(join(tmpdir(), "head-"));
  writeFileSync(join(folder.path, "f"), "x".repeat(3000));
  const tar = (...flags: readonly string[]): Buffer => execFileSync("tar", ["-C", folder.path, "-c", ...flags, "f"]);
  const formats = ["ustar", "pax", "gnu", "v7"].map((format) => tar(`--format=${format}`));
  for (const bytes of [...formats, tar("-z")]) {
    assert.ok(isArchiveHead(bytes.subarray(0, ARCHIVE_HEAD_BYTES)));
  }
  for (const magic of [
    [0x42, 0x5a, 0x68],
    [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00],
  ]) {
    assert.ok(isArchiveHead(Uint8Array.from(magic)));
  }
  const dockerfile = Buffer.from(`FROM scratch\n${"# comment\n".repeat(200)}`);
  for (const bytes of [dockerfile, Buffer.alloc(0), Buffer.alloc(1024), Buffer.from("BZ")]) {
    assert.ok(!isArchiveHead(bytes.subarray(0, ARCHIVE_HEAD_BYTES)));
  }
});
