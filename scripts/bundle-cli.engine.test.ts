import assert from "node:assert/strict";
import { cpSync, mkdirSync, mkdtempDisposableSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { runProgram, startTestEngine } from "@opendepot/testing";
import { bundleCli } from "./bundle-cli.ts";

test("the bundle reads extended attributes without node_modules, or says that it cannot", async () => {
  using folder = mkdtempDisposableSync(join(tmpdir(), "od-bundle-"));
  const at = (name: string): string => join(folder.path, name);
  await bundleCli();
  for (const part of ["bin", "dist"]) {
    cpSync(join(import.meta.dirname, "../apps/cli", part), at(`depot/${part}`), { recursive: true });
  }
  const { getAttributeSync, setAttributeSync } = createRequire(import.meta.url)(at("depot/dist/xattr.node"));
  mkdirSync(at("context"));
  writeFileSync(at("context/Dockerfile"), "FROM scratch\nCOPY file /\n");
  writeFileSync(at("context/file"), "content");
  setAttributeSync(at("context/file"), "user.word", "hello");
  await using engine = await startTestEngine();
  assert.ok(engine.endpoint.kind !== "tcp");
  const address = `${engine.endpoint.kind}://${engine.endpoint.path}`;
  const depot = [process.execPath, at("depot/bin/depot.js")];
  const build = [...depot, "build", "--progress", "plain", "--buildkit-address", address, at("context"), "-o"];

  const whole = await runProgram([...build, at("out")], { env: { HOME: folder.path } });
  rmSync(at("depot/dist/xattr.node"));
  const lacking = await runProgram([...build, at("lacking")], { env: { HOME: folder.path } });
  const help = await runProgram([...depot, "--help"], { env: { HOME: folder.path } });

  assert.equal(whole.code, 0, whole.stderr);
  assert.equal(String(getAttributeSync(at("out/file"), "user.word")), "hello");
  assert.doesNotMatch(whole.stderr, /warning/);
  assert.equal(lacking.code, 0, lacking.stderr);
  assert.equal(lacking.stderr.match(/warning: extended attributes of files are left out: .*xattr\.node/g)?.length, 1);
  assert.deepEqual([help.code, help.stderr], [0, ""]);
});
