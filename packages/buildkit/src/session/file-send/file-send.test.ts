import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempDisposableSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough, Writable } from "node:stream";
import { describe, test } from "node:test";
import { toByteString } from "../../filter/byte-string.ts";
import { TreeFilter } from "../../filter/tree-filter.ts";
import { BytesMessage } from "../../gen/moby/filesync/v1/filesync.ts";
import { Metadata } from "../../rpc/metadata.ts";
import { exportTo, sendEntries } from "../../testing/folder-sender.ts";
import { callInMemory, cutFrames, type EngineSide } from "../../testing/memory-call.ts";
import { encode } from "../../wire/index.ts";
import { sendTree } from "../file-sync/tree-sender.ts";
import { createFileSend } from "./index.ts";

const isRoot = process.getuid?.() === 0;

function temporaryFolder(): Disposable & { path: string } {
  const folder = mkdtempDisposableSync(join(tmpdir(), "file-send-"));
  return { path: folder.path, [Symbol.dispose]: () => folder.remove() };
}

/** Sends `source` as an honest engine does. */
async function sendFolder(side: EngineSide, source: string): Promise<void> {
  await sendTree(
    {
      metadata: new Metadata(),
      messages: side.messages,
      signal: new AbortController().signal,
      send: (message) => side.send(message),
      sendFramed: async (frames) => {
        for (const message of cutFrames(frames)) await side.send(Uint8Array.from(message));
      },
    },
    { root: toByteString(source), filter: new TreeFilter({ includes: [], excludes: [] }), onProgress: () => undefined },
  );
  side.end();
}

describe("a folder output", () => {
  test("gets files, links, modes, times and names as they are", async () => {
    using from = temporaryFolder();
    using to = temporaryFolder();
    const at = (name: string): string => join(from.path, name);
    mkdirSync(at("dir/sub"), { recursive: true });
    writeFileSync(at("dir/file"), "content");
    linkSync(at("dir/file"), at("dir/zlink"));
    writeFileSync(at("dir/sub/empty"), "");
    writeFileSync(at("big"), Buffer.alloc(2_500_000, "big"));
    chmodSync(at("big"), 0o4511);
    symlinkSync("../outside", at("dir/sub/up"));
    writeFileSync(Buffer.concat([Buffer.from(`${from.path}/`), Buffer.of(0x66, 0xff)]), "raw");
    execFileSync("mkfifo", [at("fifo")]);
    execFileSync("touch", ["-d", "1960-01-01 00:00:00Z", at("dir/sub/empty")]);
    execFileSync("touch", ["-h", "-d", "2001-01-01 00:00:00.5Z", at("dir/sub/up")]);
    chmodSync(at("dir/sub"), 0o555);
    execFileSync("touch", ["-d", "2002-01-01 00:00:00Z", at("dir/sub"), at("dir")]);

    await exportTo({ kind: "folder", path: join(to.path, "new/out") }, (side) => sendFolder(side, from.path));

    const out = (name: string): string => join(to.path, "new/out", name);
    assert.equal(readFileSync(out("dir/file"), "utf8"), "content");
    assert.equal(lstatSync(out("dir/zlink")).ino, lstatSync(out("dir/file")).ino);
    assert.ok(readFileSync(out("big")).equals(Buffer.alloc(2_500_000, "big")));
    assert.equal(lstatSync(out("big")).mode & 0o7777, 0o4511);
    assert.equal(readlinkSync(out("dir/sub/up")), "../outside");
    assert.equal(lstatSync(out("dir/sub/up")).mtimeMs, Date.parse("2001-01-01T00:00:00.500Z"));
    assert.equal(lstatSync(out("dir/sub/empty")).mtimeMs, Date.parse("1960-01-01"));
    assert.equal(lstatSync(out("dir/sub")).mode & 0o7777, 0o555);
    assert.equal(lstatSync(out("dir/sub")).mtimeMs, Date.parse("2002-01-01"));
    assert.equal(lstatSync(out("dir")).mtimeMs, Date.parse("2002-01-01"));
    assert.ok(lstatSync(out("fifo")).isFIFO());
    assert.ok(readdirSync(out("."), "latin1").includes("f\xff"));
    chmodSync(at("dir/sub"), 0o755);
    chmodSync(out("dir/sub"), 0o755);
  });

  test("is merged into what is there: files replaced, other files kept", async () => {
    using from = temporaryFolder();
    using to = temporaryFolder();
    for (const name of ["a", "was-folder", "was-link"]) writeFileSync(join(from.path, name), "new");
    mkdirSync(join(from.path, "was-file"));
    mkdirSync(join(to.path, "was-folder/full"), { recursive: true });
    writeFileSync(join(to.path, "was-file"), "old");
    writeFileSync(join(to.path, "a"), "old and longer");
    writeFileSync(join(to.path, "kept"), "kept");
    symlinkSync("kept", join(to.path, "was-link"));

    await exportTo({ kind: "folder", path: to.path }, (side) => sendFolder(side, from.path));

    const names = readdirSync(to.path).sort();
    assert.deepEqual(names, ["a", "kept", "was-file", "was-folder", "was-link"]);
    for (const name of ["a", "was-folder", "was-link"]) assert.equal(readFileSync(join(to.path, name), "utf8"), "new");
    assert.ok(lstatSync(join(to.path, "was-file")).isDirectory());
    assert.equal(readFileSync(join(to.path, "kept"), "utf8"), "kept");
  });

  test("of a mirror has only what is in the result, once that is whole", async () => {
    using from = temporaryFolder();
    using to = temporaryFolder();
    mkdirSync(join(from.path, "d/e"), { recursive: true });
    for (const name of ["a", "d/x", "d/e/y"]) writeFileSync(join(from.path, name), "new");
    mkdirSync(join(to.path, "d/old/deep"), { recursive: true });
    mkdirSync(join(to.path, "gone"));
    for (const name of ["z", "d/z", "d/old/deep/z", "gone/z", ".hidden"]) writeFileSync(join(to.path, name), "old");
    const output = { kind: "folder", path: to.path, isMirror: true } as const;
    const metadata = { "buildkit-exporter-multi-platform": "1" };

    const broken = exportTo(output, (side) => sendEntries(side, [{ path: "../x" }]), metadata);
    await assert.rejects(broken, { code: "engine_protocol" });
    assert.equal(readdirSync(to.path).length, 4);
    await assert.rejects(
      exportTo(output, (side) => sendEntries(side, [])),
      { code: "output_mirror_unsupported" },
    );
    assert.equal(readdirSync(to.path).length, 4);
    await exportTo(output, (side) => sendFolder(side, from.path), metadata);

    const names = readdirSync(to.path, { recursive: true, encoding: "utf8" });
    assert.deepEqual(names.sort(), ["a", "d", "d/e", "d/e/y", "d/x"]);
  });

  test("takes hundreds of files, a limited number at a time", async () => {
    using from = temporaryFolder();
    using to = temporaryFolder();
    for (let index = 0; index < 300; index++) writeFileSync(join(from.path, `f${index}`), `content ${index}`);

    await exportTo({ kind: "folder", path: to.path }, (side) => sendFolder(side, from.path));

    assert.equal(readdirSync(to.path).length, 300);
    assert.equal(readFileSync(join(to.path, "f299"), "utf8"), "content 299");
  });

  test("says where it cannot write", async () => {
    using folder = temporaryFolder();
    writeFileSync(join(folder.path, "file"), "");
    const writing = exportTo({ kind: "folder", path: join(folder.path, "file") }, (side) => sendEntries(side, []));
    await assert.rejects(writing, { code: "output_unwritable" });
  });

  test("says that device nodes need root", { skip: !isRoot }, async () => {
    using folder = temporaryFolder();
    chmodSync(folder.path, 0o777);
    const device = { path: "null", mode: 0x04200000 + 0o666, devmajor: 1n, devminor: 3n };
    await exportTo({ kind: "folder", path: folder.path }, (side) => sendEntries(side, [device]));
    assert.ok(lstatSync(join(folder.path, "null")).isCharacterDevice());
    process.seteuid?.(65534);
    try {
      const denied = exportTo({ kind: "folder", path: folder.path }, (side) => sendEntries(side, [device]));
      await assert.rejects(denied, { code: "output_unwritable" });
    } finally {
      process.seteuid?.(0);
    }
  });
});

describe("an archive output", () => {
  const whole = Buffer.concat([Buffer.alloc(700_000, "archive"), Buffer.alloc(1024)]);

  async function sendBytes(side: EngineSide, content: Buffer, pieceBytes = 32_768): Promise<void> {
    for (let at = 0; at < content.length; at += pieceBytes) {
      await side.send(encode(BytesMessage, { data: content.subarray(at, at + pieceBytes) }));
    }
    side.end();
  }

  test("appears whole at its path, in directories that are made for it", async () => {
    using folder = temporaryFolder();
    const path = join(folder.path, "a/b/out.tar");
    await exportTo({ kind: "file", path }, (side) => sendBytes(side, whole));
    assert.ok(readFileSync(path).equals(whole));
    assert.deepEqual(readdirSync(join(folder.path, "a/b")), ["out.tar"]);
  });

  test("replaces what was there only in the end, and keeps its mode and the link to it", async () => {
    using folder = temporaryFolder();
    const [path, link] = [join(folder.path, "out.tar"), join(folder.path, "link")];
    writeFileSync(path, "old");
    chmodSync(path, 0o600);
    symlinkSync("out.tar", link);
    await exportTo({ kind: "file", path: link }, async (side) => {
      assert.equal(readFileSync(path, "utf8"), "old");
      await sendBytes(side, whole);
    });
    assert.ok(readFileSync(path).equals(whole));
    assert.equal(lstatSync(path).mode & 0o777, 0o600);
    assert.ok(lstatSync(link).isSymbolicLink());
  });

  test("leaves what was there when the transfer is reset or cut short", async () => {
    using folder = temporaryFolder();
    const path = join(folder.path, "out.tar");
    writeFileSync(path, "old");
    const reset = exportTo({ kind: "file", path }, async (side) => {
      await side.send(encode(BytesMessage, { data: whole.subarray(0, 600_000) }));
      side.reset(new Error("canceled"));
    });
    await assert.rejects(reset, { message: "canceled" });
    const short = exportTo({ kind: "file", path }, (side) => sendBytes(side, whole.subarray(0, -600)));
    await assert.rejects(short, { code: "output_incomplete" });
    assert.equal(readFileSync(path, "utf8"), "old");
    assert.deepEqual(readdirSync(folder.path), ["out.tar"]);
  });

  test("goes into something that is no file as it is", async () => {
    await exportTo({ kind: "file", path: "/dev/null" }, (side) => sendBytes(side, whole));
    assert.ok(lstatSync("/dev/null").isCharacterDevice());
  });

  test("is refused where a directory is", async () => {
    using folder = temporaryFolder();
    const sending = exportTo({ kind: "file", path: folder.path }, (side) => sendBytes(side, whole));
    await assert.rejects(sending, { code: "output_is_folder" });
  });

  test("goes into a stream piece by piece, which stays open", async () => {
    const stream = new PassThrough({ highWaterMark: 1000 });
    const pieces: Buffer[] = [];
    stream.on("data", (piece: Buffer) => pieces.push(piece));
    await exportTo({ kind: "stream", stream }, (side) => sendBytes(side, whole, 10));
    await new Promise((resolve) => setImmediate(resolve));
    assert.ok(Buffer.concat(pieces).equals(whole));
    assert.equal(stream.writableEnded, false);
  });

  test("fails when nobody reads the stream any more", { timeout: 5000 }, async () => {
    const stream = new Writable({
      write: (_piece, _encoding, done) => done(Object.assign(new Error("EPIPE"), { code: "EPIPE" })),
    });
    stream.on("error", () => undefined);
    const sending = exportTo({ kind: "stream", stream }, (side) => sendBytes(side, whole));
    await assert.rejects(sending, { code: "output_unwritable" });
  });

  test("belongs to the exporter of that index", async () => {
    using folder = temporaryFolder();
    const service = createFileSend([undefined, { kind: "file", path: join(folder.path, "one") }]);
    const call = (id: string): Promise<void> =>
      callInMemory(service, {
        method: "DiffCopy",
        metadata: { "buildkit-attachable-exporter-id": id },
        engine: (side) => sendBytes(side, whole),
      });
    await call("1");
    assert.ok(existsSync(join(folder.path, "one")));
    for (const id of ["0", "2", "-1"]) await assert.rejects(call(id), { code: 5 });
  });
});
