import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import { startTestEngine, type TestEngine, testEngineKinds } from "@opendepot/testing";
import { type BuildkitClient, openBuildkit } from "../../client.ts";
import { solve } from "../../solve.ts";
import { CAP_NET_RAW, setXattrs, xattrFolder, xattrsOf } from "../../testing/xattr-folder.ts";
import { createFileSend } from "../file-send/index.ts";
import { createFileSync } from "../file-sync/index.ts";

/** What became of a build. */
interface Built {
  /** Files of the context whose content was sent. */
  readonly sent: number;
  /** Whether the last step came from the cache. */
  readonly isCached: boolean;
}

/** `key=value` as archives have it, which the engine writes too. */
const record = (name: string, value: Uint8Array): Buffer =>
  Buffer.concat([Buffer.from(` SCHILY.xattr.${name}=`), value, Buffer.from("\n")]);

const ALL_BYTES = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));

for (const kind of await testEngineKinds()) {
  describe(`extended attributes with ${kind}`, { timeout: 180_000 }, () => {
    let engine: TestEngine;
    let client: BuildkitClient;

    before(async () => {
      engine = await startTestEngine({ kind });
      client = await openBuildkit(engine.endpoint);
    });
    after(async () => {
      await client?.[Symbol.asyncDispose]();
      await engine?.[Symbol.asyncDispose]();
    });

    /** Builds a folder with the Dockerfile in it, and writes the result to a folder and to a tar file. */
    async function build(context: string, into: { folder: string; tar: string }): Promise<Built> {
      let [sent, isCached] = [0, false];
      const sync = createFileSync(
        { context: { path: context }, dockerfile: { path: context } },
        {
          onProgress: ({ folder, isDone, files }) => {
            if (isDone && folder === "context") sent += files;
          },
        },
      );
      const exporters = [{ type: "local" }, { type: "tar" }];
      const receiving = createFileSend([
        { kind: "folder", path: into.folder },
        { kind: "file", path: into.tar },
      ]);
      await solve(
        client,
        { frontend: "dockerfile.v0", exporters, services: [sync, receiving], sharedKey: context },
        {
          onStatus: ({ vertexes }) => {
            for (const { name, cached } of vertexes) if (name.startsWith("[1/1]")) isCached = cached;
          },
        },
      );
      return { sent, isCached };
    }

    test("of a context are in the image, byte for byte", async () => {
      using folder = xattrFolder();
      const { at } = folder;
      mkdirSync(at("ctx/dir"), { recursive: true });
      writeFileSync(at("ctx/Dockerfile"), "FROM scratch\nCOPY . /\n");
      writeFileSync(at("ctx/dir/file"), "content");
      setXattrs(at("ctx/dir"), { "user.dir": "of a directory" });
      setXattrs(at("ctx/dir/file"), { "user.note": ALL_BYTES });

      await build(at("ctx"), { folder: at("out"), tar: at("out.tar") });

      assert.deepEqual(xattrsOf(at("out/dir")), { "user.dir": "of a directory" });
      assert.deepEqual(xattrsOf(at("out/dir/file")), { "user.note": ALL_BYTES.toString("latin1") });
      const tar = readFileSync(at("out.tar"));
      assert.ok(tar.includes(record("user.dir", Buffer.from("of a directory"))));
      assert.ok(tar.includes(record("user.note", ALL_BYTES)));
    });

    test("that are file capabilities reach the engine, which tells files apart by them", async () => {
      using folder = xattrFolder();
      const { at } = folder;
      const other = Buffer.from(CAP_NET_RAW).fill(0x40, 5, 6);
      const steps: boolean[] = [];
      for (const [name, capability] of [
        ["none", undefined],
        ["some", CAP_NET_RAW],
        ["other", other],
        ["same", CAP_NET_RAW],
      ] as const) {
        mkdirSync(at(name));
        writeFileSync(at(`${name}/Dockerfile`), "FROM scratch\nCOPY ping /\n");
        writeFileSync(at(`${name}/ping`), "program");
        if (capability) setXattrs(at(`${name}/ping`), { "security.capability": capability });
        const { isCached } = await build(at(name), { folder: at(`${name}-out`), tar: at(`${name}.tar`) });
        steps.push(isCached);
      }

      assert.deepEqual(steps, [false, false, false, true]);
    });

    test("that are file capabilities of the result are set on it here", async () => {
      using folder = xattrFolder();
      const { at } = folder;
      mkdirSync(at("ctx"));
      writeFileSync(at("ping"), "program", { mode: 0o755 });
      setXattrs(at("ping"), { "security.capability": CAP_NET_RAW });
      // The engine drops those of a context itself, when it sets owners; not those of archives that it unpacks.
      const flags = ["--format=posix", "--xattrs", "--xattrs-include=security.*", "--owner=0"];
      execFileSync("tar", [...flags, "-cf", at("ctx/ping.tar"), "-C", folder.path, "ping"]);
      writeFileSync(at("ctx/Dockerfile"), "FROM scratch\nADD ping.tar /\n");

      await build(at("ctx"), { folder: at("out"), tar: at("out.tar") });

      assert.ok(readFileSync(at("out.tar")).includes(record("security.capability", CAP_NET_RAW)));
      assert.deepEqual(xattrsOf(at("out/ping")), { "security.capability": CAP_NET_RAW.toString("latin1") });
    });

    test("that alone have changed are no change to the engine, whichever client sends them", async () => {
      using folder = xattrFolder();
      const { at } = folder;
      mkdirSync(at("ctx"));
      writeFileSync(at("ctx/Dockerfile"), "FROM scratch\nCOPY file /\n");
      writeFileSync(at("ctx/file"), "content");
      const built: unknown[] = [];
      const buildWith = async (value: string): Promise<void> => {
        setXattrs(at("ctx/file"), { "user.a": value });
        const { sent, isCached } = await build(at("ctx"), { folder: at("out"), tar: at("out.tar") });
        built.push([sent > 0, isCached, xattrsOf(at("out/file"))["user.a"]]);
      };

      await buildWith("first");
      await buildWith("second");
      utimesSync(at("ctx/file"), 1, 1);
      await buildWith("second");

      assert.deepEqual(built, [
        [true, false, "first"],
        [false, true, "first"],
        [true, false, "second"],
      ]);
    });
  });
}
