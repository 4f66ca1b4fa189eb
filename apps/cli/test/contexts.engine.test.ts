import assert from "node:assert/strict";
import { mkdir, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, suite, test } from "node:test";
import { gzipSync } from "node:zlib";
import { runProgram, startSshServer, startTestS3, testEngineKinds } from "@opendepot/testing";
import { makeRepository, startFileServer } from "./file-server.ts";
import { BASE, openContext } from "./open-context.ts";
import { openDepot, type TestDepot } from "./open-depot.ts";
import type { DepotOptions } from "./run-depot.ts";
import { makeSshKey, startSshAgent } from "./ssh-keys.ts";

const COPY = "FROM scratch\nCOPY word /\n";

for (const engine of await testEngineKinds()) {
  suite(`the ways in of depot build on ${engine}`, () => {
    let depot: TestDepot;
    before(async () => {
      depot = await openDepot(engine);
    });
    after(() => depot[Symbol.asyncDispose]());

    /** Builds, and tells the file `word` of the result. */
    const wordOf = async (args: readonly string[], options: DepotOptions & { cwd: string }): Promise<string> => {
      const out = join(options.cwd, "out");
      await rm(out, { recursive: true, force: true });
      await depot.build(["-o", out, ...args], options);
      return (await readFile(join(out, "word"), "utf8")).trim();
    };

    test("an archive on standard input, plain and compressed, also when it is read twice", async () => {
      await using context = await openContext({
        Dockerfile: COPY,
        word: "piped",
        "other/Dockerfile": `${COPY}LABEL a=b\n`,
      });
      const { cwd, tar } = { cwd: context.path, tar: join(context.path, "context.tar") };
      await runProgram(["tar", "-cf", tar, "-C", cwd, "Dockerfile", "word", "other"]);
      const stdin = await readFile(tar);

      assert.equal(await wordOf(["-"], { cwd, stdin }), "piped");
      assert.equal(await wordOf(["-f", "other/Dockerfile", "-"], { cwd, stdin: gzipSync(stdin) }), "piped");
      assert.equal(await wordOf(["--lint", "-"], { cwd, stdin }), "piped");
    });

    test("a Dockerfile on standard input, alone and beside a folder", async () => {
      await using context = await openContext({ word: "beside" });
      const cwd = context.path;

      const alone = await depot.build(["-o", "-", "-"], { cwd, stdin: "FROM scratch\nWORKDIR /made\n" });
      const beside = await wordOf(["-f", "-", "."], { cwd, stdin: COPY });

      assert(alone.stdoutBytes.includes("made/"));
      assert.equal(beside, "beside");
    });

    test("a Dockerfile outside the context, and the .dockerignore that goes with it", async () => {
      await using context = await openContext({
        "app/word": "inside",
        "app/secret": "hidden",
        "app/.dockerignore": "word",
        "build/Special.Dockerfile": "FROM scratch\nCOPY . /\n",
        "build/Special.Dockerfile.dockerignore": "secret\n",
      });

      const word = await wordOf(["-f", "build/Special.Dockerfile", "app"], { cwd: context.path });

      assert.equal(word, "inside");
      assert.deepEqual((await readdir(join(context.path, "out"))).sort(), [".dockerignore", "word"]);
    });

    test("a context that is a symbolic link", async () => {
      await using context = await openContext({ "real/Dockerfile": COPY, "real/word": "linked" });
      await symlink("real", join(context.path, "link"));
      assert.equal(await wordOf(["link"], { cwd: context.path }), "linked");
    });

    test("a git repository: its default branch, a folder of it by fragment and by query, and its .git", async () => {
      await using context = await openContext({});
      const [source, bare] = [join(context.path, "source"), join(context.path, "web/app.git")];
      await writeAll(source, {
        Dockerfile: COPY,
        word: "whole",
        "sub/Dockerfile": `${BASE}COPY word /\n`,
        "sub/word": "part",
        "sub/busybox": await readFile(join(context.path, "busybox")),
        "git.Dockerfile": "FROM scratch\nCOPY .git/HEAD /word\n",
      });
      await makeRepository(source, bare);
      await using web = await startFileServer({ folder: join(context.path, "web") });
      const [url, cwd] = [`${web.url}/app.git`, context.path];

      assert.equal(await wordOf([url], { cwd }), "whole");
      assert.equal(await wordOf([`${url}#main:sub`], { cwd }), "part");
      assert.equal(await wordOf([`${url}?branch=main&subdir=sub`], { cwd }), "part");
      const missing = await depot.run(["build", "-f", "git.Dockerfile", url], { cwd });
      assert.equal(missing.code, 1);
      assert.match(missing.stderr, /hint: .*--build-arg BUILDKIT_CONTEXT_KEEP_GIT_DIR=1/);
      const kept = ["--build-arg", "BUILDKIT_CONTEXT_KEEP_GIT_DIR=1", "-f", "git.Dockerfile", url];
      assert.notEqual(await wordOf(kept, { cwd }), "");
    });

    test("a private repository, with a token from a secret", async () => {
      await using context = await openContext({});
      const [source, bare] = [join(context.path, "source"), join(context.path, "web/private.git")];
      await writeAll(source, { Dockerfile: COPY, word: "private" });
      await makeRepository(source, bare);
      await using web = await startFileServer({ folder: join(context.path, "web"), token: "t0ken" });
      const [url, cwd] = [`${web.url}/private.git`, context.path];

      const refused = await depot.run(["build", "-o", "out", url], { cwd });
      const secret = ["--secret", "id=GIT_AUTH_TOKEN,env=TOKEN"];
      const word = await wordOf([...secret, url], { cwd, env: { TOKEN: "t0ken" } });

      assert.equal(refused.code, 1);
      assert.equal(word, "private");
    });

    test("a private repository over SSH, with a key and with an agent", async () => {
      await using context = await openContext({});
      const [source, bare, cwd] = [join(context.path, "source"), join(context.path, "private.git"), context.path];
      await writeAll(source, { Dockerfile: COPY, word: "over ssh", "sub/Dockerfile": COPY, "sub/word": "sub" });
      await makeRepository(source, bare);
      await makeSshKey(join(cwd, "other"));
      await using ssh = await startSshServer({ authorizedKeys: await makeSshKey(join(cwd, "key")) });
      await using agent = await startSshAgent(cwd, join(cwd, "key"));
      const url = `ssh://${ssh.login}${bare}`;

      const none = await depot.run(["build", "-o", "out", url], { cwd });
      const other = await depot.run(["build", "-o", "out", "--ssh", "default=other", url], { cwd });
      const word = await wordOf(["--ssh", "default=key", url], { cwd });
      const part = await wordOf([`${url}#main:sub`], { cwd, env: { SSH_AUTH_SOCK: agent.socket } });

      assert.deepEqual([none.code, other.code], [1, 1]);
      assert.match(none.stderr, /no SSH agent[\s\S]*hint: /);
      assert.match(other.stderr, /Permission denied \(publickey\)[\s\S]*hint: .*--ssh default=PATH/);
      assert.deepEqual([word, part], ["over ssh", "sub"], ssh.log());
    });

    test("an archive and a Dockerfile from the web", async () => {
      await using context = await openContext({
        "web/remote.Dockerfile": COPY,
        "web/Dockerfile": COPY,
        "web/word": "web",
      });
      const [cwd, folder] = [context.path, join(context.path, "web")];
      await runProgram(["tar", "-czf", join(folder, "context.tar.gz"), "-C", folder, "Dockerfile", "word"]);
      await using web = await startFileServer({ folder });

      assert.equal(await wordOf([`${web.url}/context.tar.gz`], { cwd }), "web");
      assert.equal(await wordOf(["-f", `${web.url}/remote.Dockerfile`, "web"], { cwd }), "web");
    });

    test("further contexts: a folder, an image in a layout, a repository, a file from the web", async () => {
      // BuildKit 0.25, which is in this Docker Engine, cannot take a file from the web for a context.
      const takesFiles = engine !== "dockerd";
      await using context = await openContext({
        "first/Dockerfile": COPY,
        "first/word": "layout",
        Dockerfile:
          "FROM image AS image\nFROM scratch\nCOPY --from=image /word /a\nCOPY --from=folder word /b\nCOPY --from=repo word /c\n" +
          (takesFiles ? "COPY --from=web context /d\n" : ""),
        "folder/word": "folder",
      });
      const cwd = context.path;
      await mkdir(join(cwd, "web"));
      await writeAll(join(cwd, "source"), { word: "repository" });
      await makeRepository(join(cwd, "source"), join(cwd, "web/r.git"));
      await writeAll(join(cwd, "web"), { file: "file" });
      await using web = await startFileServer({ folder: join(cwd, "web") });
      await depot.build(["-o", "type=oci,tar=false,dest=layout,name=x/y:1", "first"], { cwd });

      const named = {
        image: "oci-layout://./layout:1",
        folder: "folder",
        repo: `${web.url}/r.git`,
        ...(takesFiles && { web: `${web.url}/file` }),
      };
      const flags = Object.entries(named).flatMap(([name, value]) => ["--build-context", `${name}=${value}`]);
      await depot.build([...flags, "-o", "out", "."], { cwd });

      const found = ["a", "b", "c", ...(takesFiles ? ["d"] : [])].map((name) =>
        readFile(join(cwd, "out", name), "utf8"),
      );
      assert.deepEqual(await Promise.all(found), ["layout", "folder", "repository", ...(takesFiles ? ["file"] : [])]);
    });

    test("a cache in a folder is written by one builder and read by another", async () => {
      await using context = await openContext({ Dockerfile: `${BASE}RUN echo costly\n` });
      const cwd = context.path;

      await depot.build(["--cache-to", "type=local,dest=cache,mode=max", "-o", "type=oci,dest=a.tar", "."], { cwd });
      await depot.run(["cache", "reset"]);
      const again = await depot.build(["--cache-from", "type=local,src=cache", "-o", "type=oci,dest=b.tar", "."], {
        cwd,
      });
      const none = await depot.build(["--cache-from", "type=local,src=nowhere", "-o", "type=oci,dest=b.tar", "."], {
        cwd,
      });

      assert.match(again.stderr, /importing cache manifest from local/);
      assert.doesNotMatch(again.stderr, /^#\d+ [\d.]+ costly$/m);
      assert.match(none.stderr, /warning: no cache is imported from .*nowhere/);
    });

    // The BuildKit inside Docker Engine has no such cache.
    if (engine === "buildkitd") {
      test("a cache in a bucket is written by one builder and read by another", async () => {
        await using s3 = await startTestS3();
        await using context = await openContext({ Dockerfile: `${BASE}RUN echo costly\n` });
        const place = `type=s3,region=us-east-1,bucket=${s3.bucket},name=app,endpoint_url=${s3.endpoint.origin},use_path_style=true`;
        const env = { AWS_ACCESS_KEY_ID: s3.accessKeyId, AWS_SECRET_ACCESS_KEY: s3.secretAccessKey };
        const how = { cwd: context.path, env };

        await depot.build(["--cache-to", `${place},mode=max`, "."], how);
        await depot.run(["cache", "reset"]);
        const again = await depot.build(["--cache-from", place, "."], how);

        assert.match(again.stderr, /importing cache manifest from s3/);
        assert.doesNotMatch(again.stderr, /^#\d+ [\d.]+ costly$/m);
      });
    }
  });
}

async function writeAll(folder: string, files: Readonly<Record<string, string | Uint8Array>>): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    await mkdir(join(folder, name, ".."), { recursive: true });
    await writeFile(join(folder, name), content, { mode: 0o755 });
  }
}
