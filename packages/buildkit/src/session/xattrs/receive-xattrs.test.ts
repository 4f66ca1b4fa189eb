import assert from "node:assert/strict";
import { chownSync, lstatSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { describe, test } from "node:test";
import type { Stat } from "../../gen/fsutil/types/wire.ts";
import { exportTo, sendEntries } from "../../testing/folder-sender.ts";
import { CAP_NET_RAW, setXattrs, xattrFolder, xattrsOf } from "../../testing/xattr-folder.ts";
import type { Init } from "../../wire/index.ts";

const CONTENT = "content";
const DIR = 0x80000000;
const SYMLINK = 0x08000000 + 0o777;
const MTIME = 981173106_000_000_000n;

type Xattrs = Readonly<Record<string, Uint8Array>>;

const file = (path: string, xattrs: Xattrs, more: Init<Stat> = {}): Init<Stat> => ({
  ...{ path, xattrs, mode: 0o644, size: BigInt(CONTENT.length), modTime: MTIME },
  ...more,
});
const directory = (path: string, xattrs: Xattrs, mode = 0o755): Init<Stat> => ({
  ...{ path, xattrs, mode: DIR + mode, modTime: MTIME },
});
const bytes = (text: string): Uint8Array => Buffer.from(text, "latin1");

async function receive(into: string, entries: ReadonlyArray<Init<Stat>>): Promise<void> {
  await exportTo({ kind: "folder", path: into }, (side) => sendEntries(side, entries, CONTENT));
}

describe("extended attributes of a local output", () => {
  test("are set byte for byte, whatever the mode forbids, and leave modes and times as they should be", async () => {
    using to = xattrFolder();
    const value = Uint8Array.from({ length: 256 }, (_, byte) => byte);
    const xattrs = { "user.note": value, "user.empty": bytes(""), "user.ünï": bytes("\xff") };

    await receive(to.path, [
      directory("dir", { "user.dir": bytes("of a directory") }, 0o555),
      file("dir/read-only", xattrs, { mode: 0o444 }),
      file("ping", { "security.capability": CAP_NET_RAW, ...xattrs }, { mode: 0x00800000 + 0o755 }),
    ]);

    const expected = { "user.empty": "", "user.note": Buffer.from(value).toString("latin1"), "user.ünï": "\xff" };
    assert.deepEqual(xattrsOf(to.at("dir")), { "user.dir": "of a directory" });
    assert.deepEqual(xattrsOf(to.at("dir/read-only")), expected);
    assert.deepEqual(xattrsOf(to.at("ping")), {
      "security.capability": CAP_NET_RAW.toString("latin1"),
      ...expected,
    });
    assert.deepEqual(
      ["dir", "dir/read-only", "ping"].map((name) => lstatSync(to.at(name)).mode & 0o7777),
      [0o555, 0o444, 0o4755],
    );
    for (const name of ["dir", "dir/read-only", "ping"]) {
      assert.equal(lstatSync(to.at(name)).mtimeMs, 981173106_000, name);
    }
  });

  test("are new on a file that is replaced, and come to those that a directory has", async () => {
    using to = xattrFolder();
    mkdirSync(to.at("dir"));
    writeFileSync(to.at("file"), "old");
    setXattrs(to.at("dir"), { "user.mine": "kept", "user.both": "old" });
    setXattrs(to.at("file"), { "user.mine": "gone" });

    await receive(to.path, [directory("dir", { "user.both": bytes("new") }), file("file", { "user.new": bytes("1") })]);

    assert.deepEqual(xattrsOf(to.at("dir")), { "user.both": "new", "user.mine": "kept" });
    assert.deepEqual(xattrsOf(to.at("file")), { "user.new": "1" });
  });

  test("are set where names are not UTF-8", async () => {
    using to = xattrFolder();
    // An output is named in text: this link is how one comes to a folder of such a name.
    const raw = Buffer.concat([Buffer.from(`${to.path}/`), Buffer.of(0x64, 0xff)]);
    mkdirSync(raw);
    symlinkSync(raw, to.at("out"));

    await receive(to.at("out"), [
      directory("dir", { "user.d": bytes("d") }),
      file("dir/ünï", { "user.a": bytes("a"), "security.capability": CAP_NET_RAW }),
    ]);

    assert.deepEqual(xattrsOf(to.at("out/dir")), { "user.d": "d" });
    assert.deepEqual(xattrsOf(to.at("out/dir/ünï")), {
      "security.capability": CAP_NET_RAW.toString("latin1"),
      "user.a": "a",
    });
  });

  test("are those that may be set, for whoever is not root, and that is no failure", async () => {
    using to = xattrFolder();
    chownSync(to.path, 65534, 65534);
    process.seteuid?.(65534);
    try {
      const xattrs = { "security.capability": CAP_NET_RAW, "user.a": bytes("a") };
      await receive(to.path, [file("ping", xattrs, { mode: 0o555 })]);
    } finally {
      process.seteuid?.(0);
    }

    assert.deepEqual(xattrsOf(to.at("ping")), { "user.a": "a" });
    assert.equal(lstatSync(to.at("ping")).mode & 0o7777, 0o555);
  });

  test("that the file system does not take are left out", async () => {
    using to = xattrFolder();
    const long = `user.${"x".repeat(300)}`;
    const xattrs = { "user.large": Buffer.alloc(100_000), [long]: bytes("1"), "user.a\0b": bytes("1") };

    await receive(to.path, [file("file", { ...xattrs, "user.z": bytes("z") })]);

    assert.equal(xattrsOf(to.at("file"))["user.z"], "z");
    assert.equal(xattrsOf(to.at("file"))["user.large"], undefined);
  });
});

describe("a hostile builder's attributes", () => {
  test("change nothing that is for this machine to decide", async () => {
    using to = xattrFolder();
    const acl = Buffer.from(
      "0200000001000700ffffffff02000700feff000004000500ffffffff10000700ffffffff20000500ffffffff",
      "hex",
    );
    const steering = {
      "trusted.overlay.redirect": bytes("/etc"),
      "trusted.overlay.opaque": bytes("y"),
      "security.selinux": bytes("system_u:object_r:shadow_t:s0"),
      "security.ima": bytes("\x01\x02"),
      "system.posix_acl_access": acl,
      "system.posix_acl_default": acl,
      "com.apple.quarantine": bytes("1"),
      "": bytes("1"),
    };

    await receive(to.path, [directory("dir", steering), file("file", { ...steering, "user.a": bytes("a") })]);

    assert.deepEqual(xattrsOf(to.at("dir")), {});
    assert.deepEqual(xattrsOf(to.at("file")), { "user.a": "a" });
  });

  test("do not pass through a symlink, sent or there before", async () => {
    using to = xattrFolder();
    mkdirSync(to.at("out"));
    for (const name of ["outside", "outside-dir"]) {
      if (name.endsWith("dir")) mkdirSync(to.at(name));
      else writeFileSync(to.at(name), "mine");
      symlinkSync(`../${name}`, to.at(`out/there-${name}`));
    }
    const evil = { "user.evil": bytes("1"), "security.capability": CAP_NET_RAW };

    await receive(to.at("out"), [
      { path: "sent", linkname: "../outside", mode: SYMLINK, xattrs: evil },
      file("there-outside", evil),
      directory("there-outside-dir", evil),
    ]);

    assert.deepEqual([xattrsOf(to.at("outside")), xattrsOf(to.at("outside-dir"))], [{}, {}]);
    assert.deepEqual(Object.keys(xattrsOf(to.at("out/there-outside"))), ["security.capability", "user.evil"]);
  });

  test("cannot be more than a file can have", async () => {
    using to = xattrFolder();
    const many = Object.fromEntries(Array.from({ length: 10_000 }, (_, index) => [`user.${index}`, bytes("")]));

    await assert.rejects(receive(to.at("out"), [file("file", many)]), { code: "engine_protocol" });
    assert.deepEqual(readdirSync(to.at("out")), []);
  });
});
