import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { linkSync, mkdirSync, renameSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { callInMemory } from "../../testing/memory-call.ts";
import { receiveTree } from "../../testing/tree-receiver.ts";
import { CAP_NET_RAW, setXattrs, xattrFolder } from "../../testing/xattr-folder.ts";
import { createFileSync } from "../file-sync/index.ts";
import { loadXattrs } from "./load-xattrs.ts";
import { readXattrs } from "./read-xattrs.ts";

/** What arrives of the attributes of a folder's entries, by their paths; bytes as latin1. */
async function sent(folder: string): Promise<Record<string, Record<string, string>>> {
  const warnings: unknown[] = [];
  const service = createFileSync({ c: { path: folder } }, { onWarning: (problem) => warnings.push(problem) });
  const metadata = { "dir-name": "c" };
  const entries = await callInMemory(service, { method: "DiffCopy", metadata, engine: receiveTree });
  assert.deepEqual(warnings, []);
  return Object.fromEntries(
    entries.map(({ path, stat }) => {
      const xattrs = Object.entries(stat.xattrs).map(([name, value]) => [name, Buffer.from(value).toString("latin1")]);
      return [path, Object.fromEntries(xattrs.sort())];
    }),
  );
}

const ALL_BYTES = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));

describe("extended attributes of a context", () => {
  test("arrive byte for byte, in every namespace, of every kind of entry that can have them", async () => {
    using folder = xattrFolder();
    const { at } = folder;
    mkdirSync(at("dir"));
    for (const name of ["dir/ping", "none"]) writeFileSync(at(name), "content");
    linkSync(at("dir/ping"), at("linked"));
    execFileSync("mkfifo", [at("fifo")]);
    const xattrs = { "user.note": ALL_BYTES, "user.empty": "", "user.ünï": "ö", "trusted.t": "t" };
    setXattrs(at("dir/ping"), { ...xattrs, "security.capability": CAP_NET_RAW });
    setXattrs(at("dir"), { "user.dir": "of a directory" });
    setXattrs(at("fifo"), { "trusted.fifo": "of a pipe" });

    const arrived = await sent(folder.path);

    const ping = {
      "security.capability": CAP_NET_RAW.toString("latin1"),
      "trusted.t": "t",
      "user.empty": "",
      "user.note": ALL_BYTES.toString("latin1"),
      "user.ünï": Buffer.from("ö").toString("latin1"),
    };
    assert.deepEqual(arrived, {
      dir: { "user.dir": "of a directory" },
      "dir/ping": ping,
      fifo: { "trusted.fifo": "of a pipe" },
      linked: ping,
      none: {},
    });
  });

  test("are not those of what a symlink leads to, nor its own", async () => {
    using folder = xattrFolder();
    writeFileSync(folder.at("file"), "");
    setXattrs(folder.at("file"), { "user.a": "of the file" });
    symlinkSync("file", folder.at("link"));
    setXattrs(folder.at("link"), { "trusted.a": "of the link" });

    assert.deepEqual(await sent(folder.path), { file: { "user.a": "of the file" }, link: {} });
  });

  test("are there where directories have names that are not UTF-8, the context's own too", async () => {
    using folder = xattrFolder();
    mkdirSync(folder.at("ctx/sub"), { recursive: true });
    for (const name of ["ctx/sub/file", "ctx/sub/ünï"]) {
      writeFileSync(folder.at(name), "");
      setXattrs(folder.at(name), { "user.a": name });
    }
    setXattrs(folder.at("ctx/sub"), { "user.d": "sub" });
    rename(folder.path, "ctx/sub", "ctx/s\xff");
    rename(folder.path, "ctx", "c\xfe");
    // A folder is given as text: this link is how one comes to a context of such a name.
    symlinkSync(Buffer.from("c\xfe", "latin1"), folder.at("context"));

    assert.deepEqual(await sent(folder.at("context")), {
      "s\xff": { "user.d": "sub" },
      "s\xff/file": { "user.a": "ctx/sub/file" },
      "s\xff/\xc3\xbcn\xc3\xaf": { "user.a": Buffer.from("ctx/sub/ünï").toString("latin1") },
    });
  });

  test("are left out of a file whose own name is not UTF-8, and of one with such an attribute", async () => {
    using folder = xattrFolder();
    for (const name of ["raw", "odd"]) {
      writeFileSync(folder.at(name), "");
      setXattrs(folder.at(name), { "user.a": "a" });
    }
    rename(folder.path, "raw", "r\xff");
    // Neither Node.js nor the package can name such an attribute: setxattr(2) itself.
    const number = { x64: 188, arm64: 5 }[process.arch as string];
    const set = `my ($name, $value) = ("user.\\xff", "b"); syscall(${number}, $ARGV[0], $name, $value, 1, 0) == 0 or die $!`;
    execFileSync("perl", ["-e", set, folder.at("odd")]);

    assert.deepEqual(await sent(folder.path), { odd: {}, "r\xff": {} });
  });

  test("are none of what has gone, and else an error of the system", async () => {
    using folder = xattrFolder();
    const native = await loadXattrs(undefined);
    assert.ok(native);
    const read = (name: string): unknown => readXattrs(native, { fsPath: folder.at(name), mode: 0o644 });

    assert.deepEqual(read("gone"), []);
    assert.throws(() => read("x".repeat(300)), { code: "ENAMETOOLONG" });
  });

  test("are read by nothing that a command without files would load", () => {
    const script = `await import(${JSON.stringify(join(import.meta.dirname, "../../index.ts"))});
      process.report.excludeNetwork = true;
      console.log(JSON.stringify(process.report.getReport().sharedObjects.filter((path) => path.endsWith(".node"))));`;

    const output = execFileSync(process.execPath, ["--input-type=module", "-e", script], { encoding: "utf8" });

    assert.equal(output, "[]\n");
  });
});

/** Renames within a folder, bytes as latin1. */
function rename(folder: string, from: string, to: string): void {
  const at = (name: string): Buffer => Buffer.concat([Buffer.from(`${folder}/`), Buffer.from(name, "latin1")]);
  renameSync(at(from), at(to));
}
