import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, suite, test } from "node:test";
import { type ProgramOutcome, runProgram, startTestEngine } from "@opendepot/testing";
import { bundleCli } from "../bundle-cli.ts";
import { makeExecutable } from "./executable.ts";
import { bundle } from "./executables.ts";
import { root } from "./house.ts";
import { hostPlatformName, PLATFORMS } from "./platforms.ts";
import { provideXattrBinary } from "./xattr-binary.ts";

const platform = PLATFORMS.find(({ name, format }) => name === hostPlatformName && format === "elf");
const skip = platform === undefined && `no executable is made for ${hostPlatformName}, or it has to be signed first`;

suite("the single executable, alone in a folder, with nothing on its PATH", { skip }, () => {
  let folder = "";
  let xattr = "";
  const depot = (words: string, env: NodeJS.ProcessEnv = {}): Promise<ProgramOutcome> =>
    runProgram([join(folder, "depot"), ...words.split(" ")], { cwd: folder, env: { PATH: "", HOME: "", ...env } });

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "od-executable-"));
    await bundleCli();
    assert.ok(platform);
    const node = process.execPath;
    xattr = await provideXattrBinary(platform);
    await makeExecutable({ platform, node, hostNode: node, bundle, xattr, output: join(folder, "depot") });
    await writeFile(join(folder, "Dockerfile"), "FROM scratch\nARG WORD\nCOPY greeting.txt /\n");
    await writeFile(join(folder, "greeting.txt"), "hello\n");
    await writeFile(join(folder, "docker-bake.hcl"), 'target "default" { tags = [upper("a")] }\n');
  });
  after(() => rm(folder, { recursive: true, force: true }));

  test("it knows its version and its commands", async () => {
    const { version } = JSON.parse(await readFile(join(root, "apps/cli/package.json"), "utf8"));

    const [asked, help] = await Promise.all([depot("--version"), depot("--help")]);

    assert.deepEqual([asked.code, asked.stdout, asked.stderr], [0, `depot ${version}\n`, ""]);
    assert.match(help.stdout, /\bbuild\b[\s\S]*\bbake\b/);
    assert.equal(help.code, 0);
  });

  test("it is smaller than the Node.js inside it, for want of symbols", async () => {
    assert.ok((await stat(join(folder, "depot"))).size < (await stat(process.execPath)).size);
  });

  test("it does not tell where it was built", async () => {
    assert.equal((await readFile(join(folder, "depot"))).indexOf(root), -1);
  });

  test("what NODE_OPTIONS asks of other programs does not reach it", async () => {
    const { code, stderr } = await depot("--version", { NODE_OPTIONS: "--require ./missing.cjs" });

    assert.deepEqual([code, stderr], [0, ""]);
  });

  test("it evaluates bake files", async () => {
    const { code, stdout, stderr } = await depot("bake --print");

    assert.equal(code, 0, stderr);
    assert.deepEqual(JSON.parse(stdout).target.default.tags, ["A"]);
  });

  test("it builds straight on an engine, with extended attributes", { timeout: 120_000 }, async () => {
    const { getAttributeSync, setAttributeSync } = createRequire(import.meta.url)(xattr);
    setAttributeSync(join(folder, "greeting.txt"), "user.word", "hello");
    await using engine = await startTestEngine();
    assert.ok(engine.endpoint.kind !== "tcp");
    const address = `${engine.endpoint.kind}://${engine.endpoint.path}`;
    const words = `build --progress plain --buildkit-address ${address} -o out .`;

    const { code, stderr } = await depot(words);

    assert.equal(code, 0, stderr);
    assert.equal(await readFile(join(folder, "out/greeting.txt"), "utf8"), "hello\n");
    assert.equal(String(getAttributeSync(join(folder, "out/greeting.txt"), "user.word")), "hello");
    assert.ok(!stderr.includes("warning"), stderr);

    const without = await depot(words, { TMPDIR: join(folder, "missing") });

    assert.equal(without.code, 0, without.stderr);
    assert.match(without.stderr, /warning: extended attributes of files are left out: .*missing/);
  });
});
