import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import {
  appendFileSync,
  chmodSync,
  linkSync,
  mkdirSync,
  mkdtempDisposableSync,
  renameSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { Packet, Packet_PacketType as PacketType } from "../../gen/fsutil/types/wire.ts";
import { callInMemory, type EngineSide } from "../../testing/memory-call.ts";
import { type ReceivedEntry, type ReceiveOptions, receiveTree } from "../../testing/tree-receiver.ts";
import { decode, encode } from "../../wire/index.ts";
import { createFileSync, type FileSyncProgress } from "./index.ts";

const MODE_DIR = 0x80000000;
const MODE_SYMLINK = 0x08000000;
const MODE_FIFO = 0x02000000;
const MODE_SETUID = 0x00800000;

function temporaryFolder(): Disposable & { path: string } {
  const folder = mkdtempDisposableSync(join(tmpdir(), "file-sync-"));
  return { path: folder.path, [Symbol.dispose]: () => folder.remove() };
}

interface Ask extends ReceiveOptions {
  readonly patterns?: Readonly<Record<string, string | readonly string[]>>;
  readonly window?: number;
}

/** Asks for `folder` as the engine does. */
function pull(folder: string, ask: Ask = {}): Promise<ReceivedEntry[]> {
  return callInMemory(createFileSync({ context: { path: folder } }), {
    method: "DiffCopy",
    metadata: { "dir-name": "context", ...ask.patterns },
    window: ask.window,
    engine: (side) => receiveTree(side, ask),
  });
}

async function listed(folder: string, patterns: Ask["patterns"] = {}): Promise<string[]> {
  return (await pull(folder, { patterns })).map((entry) => entry.path);
}

function makeTree(folder: string, files: Readonly<Record<string, string>>): void {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(join(folder, path, ".."), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
}

describe("listing a tree", () => {
  test("goes through each directory in byte order, a directory before its content", async () => {
    using folder = temporaryFolder();
    makeTree(folder.path, { "b/z": "1", "b/a": "2", "b.txt": "3", B: "4", é: "5", "a/b/c": "6" });

    assert.deepEqual(await listed(folder.path), ["B", "a", "a/b", "a/b/c", "b", "b/a", "b/z", "b.txt", "\xc3\xa9"]);
  });

  test("carries modes as Go's, times to the nanosecond, and no owners", async () => {
    using folder = temporaryFolder();
    const file = join(folder.path, "run");
    writeFileSync(file, "x");
    chmodSync(file, 0o4755);
    execFileSync("touch", ["-d", "2001-02-03 04:05:06.123456789Z", file]);

    const [entry] = await pull(folder.path);

    assert.equal(entry?.stat.mode, MODE_SETUID + 0o755);
    assert.equal(entry?.stat.modTime, 981173106_123456789n);
    assert.deepEqual([entry?.stat.uid, entry?.stat.gid, entry?.stat.size], [0, 0, 1n]);
  });

  test("carries times before 1970 and beyond 2038", async () => {
    using folder = temporaryFolder();
    for (const [name, time] of [
      ["old", "@-1000"],
      ["young", "@5000000000"],
    ] as const) {
      execFileSync("touch", ["-d", time, join(folder.path, name)]);
    }

    const times = (await pull(folder.path)).map((entry) => entry.stat.modTime);

    assert.deepEqual(times, [-1000_000_000_000n, 5_000_000_000_000_000_000n]);
  });

  test("names hard links by the first path of the file, and does not follow symlinks", async () => {
    using folder = temporaryFolder();
    makeTree(folder.path, { "d/one": "content" });
    linkSync(join(folder.path, "d/one"), join(folder.path, "two"));
    symlinkSync("d", join(folder.path, "link"));
    symlinkSync("/nowhere", join(folder.path, "dangling"));

    const entries = new Map((await pull(folder.path)).map((entry) => [entry.path, entry]));

    assert.deepEqual([...entries.keys()], ["d", "d/one", "dangling", "link", "two"]);
    assert.equal(entries.get("d/one")?.stat.linkname, "");
    assert.equal(entries.get("two")?.stat.linkname, "d/one");
    assert.equal(entries.get("link")?.stat.linkname, "d");
    assert.equal(((entries.get("link")?.stat.mode ?? 0) & MODE_SYMLINK) >>> 0, MODE_SYMLINK);
    assert.equal(entries.get("dangling")?.stat.linkname, "/nowhere");
    assert.equal(((entries.get("d")?.stat.mode ?? 0) & MODE_DIR) >>> 0, MODE_DIR);
  });

  test("names a hard link by a path that is sent, when the first one is left out", async () => {
    using folder = temporaryFolder();
    makeTree(folder.path, { a: "content" });
    linkSync(join(folder.path, "a"), join(folder.path, "b"));
    linkSync(join(folder.path, "a"), join(folder.path, "c"));

    const entries = await pull(folder.path, { patterns: { "exclude-patterns": "a" } });

    assert.deepEqual(
      entries.map((entry) => [entry.path, entry.stat.linkname]),
      [
        ["b", ""],
        ["c", "b"],
      ],
    );
    assert.equal(entries[0]?.content?.toString(), "content");
  });

  test("keeps names that are not UTF-8, and names with commas, spaces and newlines", async () => {
    using folder = temporaryFolder();
    const odd = Buffer.concat([Buffer.from(`${folder.path}/`), Buffer.from([0x66, 0xff, 0xfe])]);
    writeFileSync(odd, "raw");
    makeTree(folder.path, { "a, b": "1", "c\nd": "2", "ünï/日本": "3" });

    const entries = await pull(folder.path);

    const files = entries.filter((entry) => entry.content).map((entry) => [entry.path, String(entry.content)]);
    const utf8 = Buffer.from("ünï/日本").toString("latin1");
    assert.deepEqual(files, [
      ["a, b", "1"],
      ["c\nd", "2"],
      ["f\xff\xfe", "raw"],
      [utf8, "3"],
    ]);
  });

  test("goes through a folder whose own name is not UTF-8", async () => {
    using folder = temporaryFolder();
    const raw = Buffer.concat([Buffer.from(`${folder.path}/`), Buffer.from([0x66, 0xff])]);
    mkdirSync(raw);
    writeFileSync(Buffer.concat([raw, Buffer.from("/file")]), "content");
    symlinkSync(raw, join(folder.path, "context"));

    const [entry] = await pull(join(folder.path, "context"));

    assert.deepEqual([entry?.path, String(entry?.content)], ["file", "content"]);
  });

  test("sends a FIFO as what it is, a socket as an empty file, and opens neither", { timeout: 5000 }, async () => {
    using folder = temporaryFolder();
    execFileSync("mkfifo", [join(folder.path, "fifo")]);
    const server = createServer().listen(join(folder.path, "socket"));
    await new Promise((resolve) => server.once("listening", resolve));

    const entries = await pull(folder.path);
    server.close();

    assert.deepEqual(
      entries.map((entry) => entry.path),
      ["fifo", "socket"],
    );
    assert.equal(((entries[0]?.stat.mode ?? 0) & MODE_FIFO) >>> 0, MODE_FIFO);
    assert.equal((entries[1]?.stat.mode ?? 0) & ~0o777, 0, "a regular file");
    assert.equal(entries[1]?.content?.length, 0);
  });

  test("sends device nodes with their numbers", { skip: process.getuid?.() !== 0 }, async () => {
    using folder = temporaryFolder();
    execFileSync("mknod", [join(folder.path, "null"), "c", "1", "3"]);

    const [entry] = await pull(folder.path);

    assert.deepEqual([entry?.stat.devmajor, entry?.stat.devminor], [1n, 3n]);
    assert.equal(((entry?.stat.mode ?? 0) & 0x04200000) >>> 0, 0x04200000);
  });

  test("takes a path of 2,000 characters", async () => {
    using folder = temporaryFolder();
    const long = Array.from({ length: 10 }, () => "d".repeat(199)).join("/");
    makeTree(folder.path, { [`${long}/f`]: "deep" });

    const last = (await pull(folder.path)).at(-1);

    assert.equal(last?.path, `${long}/f`);
    assert.equal(last?.content?.toString(), "deep");
  });
});

describe("choosing what is sent", () => {
  test("excludes with exceptions, and sends parents of what an exception takes back", async () => {
    using folder = temporaryFolder();
    makeTree(folder.path, { "a/keep": "", "a/drop": "", "b/drop": "", "c.log": "", d: "" });

    const paths = await listed(folder.path, { "exclude-patterns": ["*", "!a/keep", "!d"] });

    assert.deepEqual(paths, ["a", "a/keep", "d"]);
  });

  test("sends the parents of included files although they do not match", async () => {
    using folder = temporaryFolder();
    makeTree(folder.path, { "x/y/z.go": "", "x/y/z.md": "", "w/v.md": "" });

    assert.deepEqual(await listed(folder.path, { "include-patterns": "**/*.go" }), ["x", "x/y", "x/y/z.go"]);
    assert.deepEqual(await listed(folder.path, { "include-patterns": "x/y" }), ["x", "x/y", "x/y/z.go", "x/y/z.md"]);
  });

  test("follows wanted paths through symlinks, each link and what it points to", async () => {
    using folder = temporaryFolder();
    makeTree(folder.path, { "real/app/main": "", "real/other": "", rest: "" });
    symlinkSync("real/app", join(folder.path, "current"));
    symlinkSync("/real/other", join(folder.path, "abs"));

    assert.deepEqual(await listed(folder.path, { followpaths: ["current/main"] }), [
      "current",
      "real",
      "real/app",
      "real/app/main",
    ]);
    assert.deepEqual(await listed(folder.path, { followpaths: "ab*" }), ["abs", "real", "real/other"]);
  });

  test("gives both of two paths behind the same symlink", async () => {
    using folder = temporaryFolder();
    makeTree(folder.path, { "real/a": "", "real/b": "", "real/c": "" });
    symlinkSync("real", join(folder.path, "l"));

    assert.deepEqual(await listed(folder.path, { followpaths: ["l/a", "l/b"] }), ["l", "real", "real/a", "real/b"]);
  });

  test("never looks outside the folder for a wanted path", async () => {
    using folder = temporaryFolder();
    makeTree(folder.path, { "ctx/a": "", "secret/b": "" });
    symlinkSync("../../secret", join(folder.path, "ctx/out"));

    const context = join(folder.path, "ctx");
    assert.deepEqual(await listed(context, { followpaths: ["../secret/b", "out/b"] }), ["out"]);
    assert.deepEqual(await listed(context, { followpaths: ["../*"] }), []);
  });

  test("ends although symlinks point into themselves", { timeout: 5000 }, async () => {
    using folder = temporaryFolder();
    symlinkSync("loop/x", join(folder.path, "loop"));
    symlinkSync("b", join(folder.path, "a"));
    symlinkSync("a", join(folder.path, "b"));

    assert.deepEqual(await listed(folder.path, { followpaths: ["loop", "a/x"] }), ["a", "b", "loop"]);
  });

  test("reads patterns that come query-escaped", async () => {
    using folder = temporaryFolder();
    makeTree(folder.path, { "ü a": "", b: "", "c+d": "" });

    const patterns = { "include-patterns": ["%C3%BC+a", "c%2Bd"], "include-patterns-encoded": "1" };

    assert.deepEqual(await listed(folder.path, patterns), ["c+d", "\xc3\xbc a"]);
  });

  test("refuses a folder that is not shared", async () => {
    const service = createFileSync({});
    for (const name of ["other", "constructor"]) {
      const asking = callInMemory(service, { method: "DiffCopy", metadata: { "dir-name": name }, engine: receiveTree });
      await assert.rejects(asking, { code: 5 });
    }
  });

  test("says which pattern is bad", async () => {
    using folder = temporaryFolder();
    const asking = pull(folder.path, { patterns: { "exclude-patterns": "[a-" } });
    await assert.rejects(asking, { code: "pattern_invalid", message: /"\[a-"/ });
  });
});

describe("sending content", () => {
  test("sends files of any size exactly", async () => {
    using folder = temporaryFolder();
    const sizes = [0, 1, 100, 65_535, 65_536, 65_537, 300_000, 1_048_576, 3_000_001];
    for (const size of sizes) {
      writeFileSync(join(folder.path, `f${size}`), Buffer.alloc(size, `${size},`));
    }

    const entries = await pull(folder.path, { window: 1 });

    for (const size of sizes) {
      const content = entries.find((entry) => entry.path === `f${size}`)?.content;
      assert.ok(content?.equals(Buffer.alloc(size, `${size},`)), `file of ${size} bytes`);
    }
  });

  test("sends a thousand files while the listing goes on, with little room on the way", async () => {
    using folder = temporaryFolder();
    for (let index = 0; index < 1200; index++) {
      makeTree(folder.path, { [`d${index % 50}/f${index}`]: `content ${index}` });
    }
    const seen: FileSyncProgress[] = [];
    const service = createFileSync({ c: { path: folder.path } }, { onProgress: (progress) => seen.push(progress) });

    const entries = await callInMemory(service, {
      method: "DiffCopy",
      metadata: { "dir-name": "c" },
      window: 1,
      engine: receiveTree,
    });

    assert.equal(entries.length, 1250);
    for (const entry of entries) {
      const number = /f(\d+)$/.exec(entry.path)?.[1];
      if (number) assert.equal(entry.content?.toString(), `content ${number}`);
    }
    const bytes = entries.reduce((sum, entry) => sum + (entry.content?.length ?? 0), 0);
    assert.deepEqual(seen.at(-1), { folder: "c", entries: 1250, files: 1200, bytes, isDone: true });
  });

  test("sends what a file holds when it is read: vanished, shrunk, grown, replaced", async () => {
    using folder = temporaryFolder();
    const at = (name: string): string => join(folder.path, name);
    for (const name of ["fifo", "grown", "link", "shrunk", "vanished"]) writeFileSync(at(name), "0123456789");
    symlinkSync("/etc/passwd", at("to-passwd"));
    const change = new Map([
      ["fifo", () => execFileSync("sh", ["-c", `rm "$0" && mkfifo "$0"`, at("fifo")])],
      ["grown", () => appendFileSync(at("grown"), "x".repeat(100_000))],
      ["link", () => renameSync(at("to-passwd"), at("link"))],
      ["shrunk", () => truncateSync(at("shrunk"), 4)],
      ["vanished", () => unlinkSync(at("vanished"))],
    ]);

    const entries = await pull(folder.path, { onEntry: (entry) => void change.get(entry.path)?.() });

    const content = new Map(entries.map((entry) => [entry.path, entry.content?.toString()]));
    assert.equal(content.get("fifo"), "");
    assert.equal(content.get("grown"), `0123456789${"x".repeat(100_000)}`);
    assert.equal(content.get("link"), "", "not what a symlink in its place points to");
    assert.equal(content.get("shrunk"), "0123");
    assert.equal(content.get("vanished"), "");
  });

  test("names an unreadable file, to the engine too", { skip: process.getuid?.() !== 0 }, async () => {
    using folder = temporaryFolder();
    chmodSync(folder.path, 0o755);
    makeTree(folder.path, { "src/private": "x" });
    chmodSync(join(folder.path, "src/private"), 0o600);
    process.seteuid?.(65534);
    try {
      await assert.rejects(pull(folder.path), {
        code: "context_unreadable",
        message: "cannot read src/private in the build context: permission denied",
        hint: "make it readable or list it in .dockerignore",
      });
    } finally {
      process.seteuid?.(0);
    }
  });

  test("names an unreadable directory, unless it is excluded", { skip: process.getuid?.() !== 0 }, async () => {
    using folder = temporaryFolder();
    chmodSync(folder.path, 0o755);
    makeTree(folder.path, { "locked/x": "", open: "" });
    chmodSync(join(folder.path, "locked"), 0o700);
    process.seteuid?.(65534);
    try {
      await assert.rejects(pull(folder.path), { code: "context_unreadable", message: /cannot read locked/ });
      assert.deepEqual(await listed(folder.path, { "exclude-patterns": ["locked", "!**/y"] }), ["open"]);
    } finally {
      process.seteuid?.(0);
    }
  });

  test("says so when the folder is not there, or is a file", async () => {
    using folder = temporaryFolder();
    makeTree(folder.path, { file: "" });
    await assert.rejects(pull(join(folder.path, "none")), { code: "context_missing" });
    await assert.rejects(pull(join(folder.path, "file")), { code: "context_missing", message: /not a directory/ });
  });
});

describe("an engine that breaks the rules", () => {
  const request = (id: number): Uint8Array => encode(Packet, { type: PacketType.PACKET_REQ, id });

  async function play(folder: string, engine: (side: EngineSide) => Promise<void>): Promise<void> {
    const service = createFileSync({ context: { path: folder } });
    await callInMemory(service, { method: "DiffCopy", metadata: { "dir-name": "context" }, engine });
  }

  async function drain(side: EngineSide): Promise<Packet[]> {
    const packets: Packet[] = [];
    for await (const message of side.messages) packets.push(decode(Packet, message));
    return packets;
  }

  test("may ask only for what was offered, and once", async () => {
    using folder = temporaryFolder();
    makeTree(folder.path, { "a/f": "x" });
    for (const ids of [[7], [4294967295], [0], [1, 1]]) {
      const playing = play(folder.path, async (side) => {
        for await (const _ of side.messages) {
          if (ids.length > 0) await side.send(request(ids.shift() ?? 0));
        }
      });
      await assert.rejects(playing, { code: "engine_protocol" });
    }
  });

  test("cannot keep this process busy with thousands of wildcards", async () => {
    using folder = temporaryFolder();
    for (let index = 0; index < 2000; index++) symlinkSync("none", join(folder.path, `l${index}`));
    const followpaths = Array.from({ length: 9000 }, (_, index) => `l*${index}*`);
    await assert.rejects(pull(folder.path, { patterns: { followpaths } }), { code: "engine_protocol" });
  });

  test("gets an error for packets that are not its to send, and for garbage", async () => {
    using folder = temporaryFolder();
    const data = encode(Packet, { type: PacketType.PACKET_DATA, id: 0, data: Buffer.from("x") });
    for (const message of [data, Uint8Array.of(0xff, 0xff)]) {
      await assert.rejects(
        play(folder.path, async (side) => {
          await side.send(message);
          await drain(side);
        }),
      );
    }
  });

  test("ends the transfer with its own error, or by hanging up", async () => {
    using folder = temporaryFolder();
    const error = encode(Packet, { type: PacketType.PACKET_ERR, data: Buffer.from("disk full") });
    const failing = play(folder.path, async (side) => {
      await side.send(error);
      await drain(side);
    });
    await assert.rejects(failing, { message: "error from the engine: disk full" });
    const leaving = play(folder.path, async (side) => {
      side.end();
      await drain(side);
    });
    await assert.rejects(leaving, { message: /ended the file transfer early/ });
  });

  test("leaves nothing running when it resets the call in the middle of a file", { timeout: 5000 }, async () => {
    using folder = temporaryFolder();
    writeFileSync(join(folder.path, "big"), Buffer.alloc(20_000_000));
    const playing = play(folder.path, async (side) => {
      await side.send(request(0)).catch(() => undefined);
      for await (const _ of side.messages) side.reset(new Error("canceled"));
    });
    await assert.rejects(playing);
  });
});
