import assert from "node:assert/strict";
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempDisposableSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { describe, test } from "node:test";
import { Packet, Packet_PacketType as PacketType, type Stat } from "../../gen/fsutil/types/wire.ts";
import { BytesMessage } from "../../gen/moby/filesync/v1/filesync.ts";
import { Metadata } from "../../rpc/metadata.ts";
import { exportTo, sendEntries } from "../../testing/folder-sender.ts";
import type { EngineSide } from "../../testing/memory-call.ts";
import { usedBytes } from "../../testing/used-bytes.ts";
import { encode, type Init } from "../../wire/index.ts";
import type { RawStat } from "../file-sync/packet.ts";
import { createFileSend, type ExportOutput } from "./index.ts";
import { ListingCheck } from "./listing-check.ts";

const DIR = 0x80000000 + 0o755;
const SYMLINK = 0x08000000 + 0o777;
const isRoot = process.getuid?.() === 0;

function temporaryFolder(): Disposable & { path: string } {
  const folder = mkdtempDisposableSync(join(tmpdir(), "hostile-"));
  return { path: folder.path, [Symbol.dispose]: () => folder.remove() };
}

describe("a hostile builder", () => {
  const file = (path: string, more: Init<Stat> = {}): Init<Stat> => ({
    path,
    mode: 0o644,
    size: BigInt("evil".length),
    ...more,
  });
  const directory = (path: string): Init<Stat> => ({ path, mode: DIR });
  const link = (path: string, linkname: string): Init<Stat> => ({ path, mode: SYMLINK, linkname });

  const listings: Readonly<Record<string, ReadonlyArray<Init<Stat>>>> = {
    "a path that climbs": [file("../outside/x")],
    "a path that climbs from within": [directory("a"), file("a/../../outside/x")],
    "dots alone": [directory("..")],
    "an absolute path": [file("/tmp/x")],
    "an unclean path": [file("./x")],
    "a double slash": [directory("a"), file("a//x")],
    "an empty path": [directory("")],
    "the root itself": [directory(".")],
    "a NUL": [file("a\0b")],
    "a file below a symlink that it made": [link("s", "../outside"), file("s/x")],
    "a file below a symlink that it listed as a directory before": [
      directory("s"),
      link("s", "../outside"),
      file("s/x"),
    ],
    "a file below a file": [file("f"), file("f/x")],
    "a file whose directory was not listed": [file("d/x")],
    "entries out of order": [file("b"), file("a")],
    "an entry twice": [file("a"), file("a")],
    "a directory that was left": [directory("a"), file("a/x"), file("b"), file("a/y")],
    "a hard link to the outside": [file("h", { linkname: "../outside/secret" })],
    "a hard link to an absolute path": [file("h", { linkname: "/etc/passwd" })],
    "a hard link to a symlink": [link("a", "../outside/secret"), file("h", { linkname: "a" })],
    "a hard link to what was there before": [file("h", { linkname: "existing" })],
    "a hard link to what comes later": [file("h", { linkname: "z" }), file("z")],
    "a name that is too long": [file("x".repeat(5000))],
    "a name of 10 MB": [file("x".repeat(10_000_000))],
    "a path of 10 MB": [file("x/".repeat(5_000_000))],
    "a link target of 10 MB": [link("s", "x".repeat(10_000_000))],
    "a file that is larger than was listed": [file("a", { size: 3n })],
    "a file that is smaller than was listed": [file("a", { size: 5n })],
    "a file that is none of a known kind": [file("a", { linkname: "b" })],
  };

  for (const [name, entries] of Object.entries(listings)) {
    test(`cannot send ${name}`, async () => {
      using folder = temporaryFolder();
      const outside = join(folder.path, "outside");
      const destination = join(folder.path, "out");
      mkdirSync(outside);
      mkdirSync(destination);
      writeFileSync(join(outside, "secret"), "secret");
      writeFileSync(join(destination, "existing"), "existing");

      const sending = exportTo({ kind: "folder", path: destination }, (side) => sendEntries(side, entries));

      await assert.rejects(sending, { code: "engine_protocol" });
      assert.deepEqual(readdirSync(outside), ["secret"]);
      assert.equal(readFileSync(join(outside, "secret"), "utf8"), "secret");
      assert.equal(lstatSync(join(outside, "secret")).nlink, 1);
    });
  }

  test("cannot write through a symlink that is in the destination", async () => {
    using folder = temporaryFolder();
    const [outside, destination] = [join(folder.path, "outside"), join(folder.path, "out")];
    mkdirSync(outside);
    mkdirSync(destination);
    writeFileSync(join(outside, "secret"), "secret");
    symlinkSync("../outside", join(destination, "d"));
    symlinkSync("../outside/secret", join(destination, "f"));

    const entries = [directory("d"), file("d/x"), file("f")];
    await exportTo({ kind: "folder", path: destination }, (side) => sendEntries(side, entries));

    assert.deepEqual(readdirSync(outside), ["secret"]);
    assert.equal(readFileSync(join(outside, "secret"), "utf8"), "secret");
    assert.equal(readFileSync(join(destination, "d/x"), "utf8"), "evil");
    assert.equal(readFileSync(join(destination, "f"), "utf8"), "evil");
  });

  test("cannot use a second transfer to put a symlink where the first one writes", async () => {
    using folder = temporaryFolder();
    const [outside, destination] = [join(folder.path, "outside"), join(folder.path, "out")];
    mkdirSync(outside);
    const output: ExportOutput = { kind: "folder", path: destination };

    const first = exportTo(output, async (side) => {
      for (const stat of [directory("d"), file("d/x"), file("d/y")]) await side.send(encode(Packet, { stat }));
      await exportTo(output, (other) => sendEntries(other, [link("d", "../outside")]));
      await sendEntries(side, []);
    });

    await assert.rejects(first, { code: "output_unwritable", message: /replaced by a symbolic link/ });
    assert.deepEqual(readdirSync(outside), []);
  });

  test("cannot send content that was not asked for, nor entries after the last", async () => {
    using folder = temporaryFolder();
    const data = encode(Packet, { type: PacketType.PACKET_DATA, id: 3, data: Buffer.from("x") });
    const late = encode(Packet, { stat: file("z") });
    for (const messages of [[data], [encode(Packet, { stat: file("a") }), encode(Packet, {}), late]]) {
      const sending = exportTo({ kind: "folder", path: folder.path }, async (side) => {
        for (const message of messages) await side.send(message);
        for await (const _ of side.messages) {
          // It never answers.
        }
      });
      await assert.rejects(sending, { code: "engine_protocol" });
    }
  });

  test("leaves no unfinished files when it hangs up in the middle of one", async () => {
    using folder = temporaryFolder();
    const sending = exportTo({ kind: "folder", path: folder.path }, async (side) => {
      await side.send(encode(Packet, { stat: file("a", { size: 500_000n }) }));
      await side.send(encode(Packet, { type: PacketType.PACKET_DATA, id: 0, data: Buffer.alloc(400_000) }));
      side.end();
    });
    await assert.rejects(sending, { message: /ended the file transfer early/ });
    assert.deepEqual(readdirSync(folder.path), []);
  });

  test("is told what went wrong here", async () => {
    using folder = temporaryFolder();
    let told = "";
    const sending = exportTo({ kind: "folder", path: folder.path }, async (side) => {
      await sendEntries(side, [file("../x")]).catch((error: Error) => {
        told = error.message;
      });
    });
    await assert.rejects(sending);
    assert.match(told, /not one below the destination/);
  });

  test("gets no further with an endless file than its size", async () => {
    using folder = temporaryFolder();
    const output: ExportOutput = { kind: "folder", path: folder.path };
    const sending = exportTo(output, async (side) => {
      await side.send(encode(Packet, { stat: file("a", { size: 1_000_000n }) }));
      const data = encode(Packet, { type: PacketType.PACKET_DATA, id: 0, data: Buffer.alloc(100_000) });
      for await (const message of endless(side)) if (message) await side.send(data);
    });
    await assert.rejects(sending, { code: "engine_protocol" });
    assert.deepEqual(readdirSync(folder.path), []);
  });

  test("gets no further with an endless listing than its limits", () => {
    const entry = (index: number): RawStat => ({
      ...{ path: `f${String(index).padStart(9, "0")}`, mode: 0o644, size: 0n, modTime: 0n, linkname: "" },
      ...{ devmajor: 0n, devminor: 0n, xattrs: [{ name: "user.a", value: new Uint8Array(44) }] },
    });
    const list = (limits: { maxEntries: number; maxNameBytes: number }, count: number): void => {
      const check = new ListingCheck(limits);
      for (let index = 0; index < count; index++) check.accept(entry(index));
    };
    list({ maxEntries: 100, maxNameBytes: 31_600 }, 100);
    assert.throws(() => list({ maxEntries: 99, maxNameBytes: 31_600 }, 100), { code: "engine_protocol" });
    assert.throws(() => list({ maxEntries: 100, maxNameBytes: 31_599 }, 100), { code: "engine_protocol" });
  });

  test("fills no memory with messages that hold nothing", async () => {
    const service = createFileSend([{ kind: "stream", stream: new PassThrough().resume() }]);
    const empty = encode(BytesMessage, {});
    const before = await usedBytes();
    async function* messages(): AsyncGenerator<Uint8Array> {
      for (let count = 0; count < 100_000; count++) yield empty;
      const grown = (await usedBytes()) - before;
      assert.ok(grown < 2_000_000, `${grown} bytes`);
    }
    await service.methods["DiffCopy"]?.({
      metadata: new Metadata(),
      messages: messages(),
      signal: new AbortController().signal,
      send: () => Promise.resolve(),
      sendFramed: () => Promise.resolve(),
    });
  });

  test("keeps nobody waiting who cancels while it says nothing", { timeout: 5_000 }, async () => {
    using folder = temporaryFolder();
    const outputs: readonly ExportOutput[] = [
      { kind: "folder", path: join(folder.path, "out") },
      { kind: "file", path: join(folder.path, "file") },
    ];
    for (const output of outputs) {
      const sending = exportTo(output, async (side) => {
        if (output.kind === "folder") await side.send(encode(Packet, { stat: file("a") }));
        setTimeout(() => side.reset(new Error("canceled")), 20);
      });
      await assert.rejects(sending, /canceled/);
    }
    assert.deepEqual(readdirSync(folder.path), ["out"]);
    assert.deepEqual(readdirSync(join(folder.path, "out")), []);
  });

  test("makes no device that others on this machine could use", { skip: !isRoot }, async () => {
    using folder = temporaryFolder();
    chmodSync(folder.path, 0o777);
    const device = { path: "mem", mode: 0x04200000 + 0o666 + 0x00800000, devmajor: 1n, devminor: 1n };
    await exportTo({ kind: "folder", path: folder.path }, (side) => sendEntries(side, [device]));
    assert.equal(lstatSync(join(folder.path, "mem")).mode & 0o7777, 0o600);
  });

  test("cannot have a mirror remove anything outside, not even through links", async () => {
    using folder = temporaryFolder();
    const [outside, destination] = [join(folder.path, "outside"), join(folder.path, "out")];
    mkdirSync(outside);
    mkdirSync(join(destination, "d"), { recursive: true });
    writeFileSync(join(outside, "secret"), "secret");
    symlinkSync("../outside", join(destination, "link"));
    symlinkSync("../../outside", join(destination, "d/link"));
    symlinkSync("../outside", join(destination, "listed"));
    const metadata = { "buildkit-exporter-multi-platform": "1" };
    const output: ExportOutput = { kind: "folder", path: destination, isMirror: true };
    await exportTo(output, (side) => sendEntries(side, [directory("d"), directory("listed")]), metadata);
    assert.deepEqual(readdirSync(outside), ["secret"]);
    assert.deepEqual(readdirSync(destination).sort(), ["d", "listed"]);
    assert.deepEqual(readdirSync(join(destination, "d")), []);
  });
});

/** Turns until the other side has had enough. */
async function* endless(side: EngineSide): AsyncGenerator<boolean> {
  let isOver = false;
  const ended = (async () => {
    for await (const _ of side.messages) {
      // What it asks for does not matter.
    }
  })()
    .catch(() => undefined)
    .finally(() => {
      isOver = true;
    });
  while (!isOver) {
    yield true;
    await new Promise((resolve) => setImmediate(resolve));
  }
  await ended;
}
