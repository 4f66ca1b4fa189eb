import assert from "node:assert/strict";
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, suite, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { Endpoint } from "@opendepot/buildkit";
import { startTestEngine, type TestEngine, testBaseImage, testEngineKinds } from "@opendepot/testing";
import { openCuttableWire } from "./cuttable-wire.ts";
import { type DepotOutcome, runDepot } from "./run-depot.ts";

const BASE = 'FROM scratch AS base\nCOPY busybox /bin/busybox\nRUN ["/bin/busybox","--install","-s","/bin"]\n';

async function openContext(files: Readonly<Record<string, string>>): Promise<AsyncDisposable & { path: string }> {
  const path = await mkdtemp(join(tmpdir(), "depot-direct-"));
  await mkdir(join(path, "app"));
  await copyFile(join(await testBaseImage(), "busybox"), join(path, "app/busybox"));
  for (const [name, text] of Object.entries(files)) {
    await mkdir(join(path, name, ".."), { recursive: true });
    await writeFile(join(path, name), text);
  }
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true }) };
}

function addressOf(endpoint: Endpoint): string {
  if (endpoint.kind === "tcp") throw new Error("test engines listen on sockets");
  return `${endpoint.kind}://${endpoint.path}`;
}

for (const kind of await testEngineKinds()) {
  suite(`depot build straight on ${kind}`, () => {
    let engine: TestEngine;
    before(async () => {
      engine = await startTestEngine({ kind });
    });
    after(() => engine[Symbol.asyncDispose]());
    const build = (
      cwd: string,
      args: readonly string[],
      env: Readonly<Record<string, string>> = {},
    ): Promise<DepotOutcome> =>
      runDepot(["build", "--progress", "plain", "--buildkit-address", addressOf(engine.endpoint), ...args], {
        cwd,
        env,
      });

    test("arguments, labels, secrets, named contexts and a Dockerfile elsewhere reach the build", async () => {
      await using context = await openContext({
        "docker/own.Dockerfile": [
          BASE,
          "ARG GIVEN",
          "ARG INHERITED",
          "ARG SOURCE_DATE_EPOCH",
          "COPY --from=lib lib.txt /lib.txt",
          'RUN --mount=type=secret,id=one --mount=type=secret,id=two echo "$GIVEN $INHERITED $SOURCE_DATE_EPOCH $(cat /lib.txt /run/secrets/one /run/secrets/two)" > /out.txt',
          "FROM scratch AS out",
          "COPY --from=base /out.txt /",
        ].join("\n"),
        "lib/lib.txt": "from-lib ",
        "secret.txt": "from-file ",
      });
      const args =
        "-f docker/own.Dockerfile --target out --build-arg GIVEN=given --build-arg INHERITED --build-context lib=lib --secret id=one,src=secret.txt --secret id=two,env=TWO -o out app";

      const { code, stderr } = await build(context.path, args.split(" "), {
        INHERITED: "inherited",
        TWO: "from-env",
        SOURCE_DATE_EPOCH: "1000000000",
      });

      assert.equal(code, 0, stderr);
      assert.equal(
        await readFile(join(context.path, "out/out.txt"), "utf8"),
        "given inherited 1000000000 from-lib from-file from-env\n",
      );
      assert.doesNotMatch(stderr, /from-file|from-env/);
    });

    test(".dockerignore keeps files out, and a file that it hides is told with a hint", async () => {
      await using context = await openContext({
        "app/Dockerfile": "FROM scratch\nCOPY hidden /\n",
        "app/hidden": "x",
        "app/.dockerignore": "hid*\n",
      });
      const { code, stderr } = await build(context.path, ["app"]);
      assert.equal(code, 1);
      assert.match(stderr, /"\/hidden": not found/);
      assert.match(stderr, /hint: .*\.dockerignore/);
    });

    test("a secret that the build asks for and nobody gave is told with a hint", async () => {
      await using context = await openContext({
        "app/Dockerfile": `${BASE}RUN --mount=type=secret,id=npm,required=true cat /run/secrets/npm\n`,
      });
      const { code, stderr } = await build(context.path, ["app"]);
      assert.equal(code, 1);
      assert.match(stderr, /hint: give it with --secret id=npm,src=PATH/);
    });

    test("hosts, memory and limits reach the steps", async () => {
      await using context = await openContext({
        "app/Dockerfile": `${BASE}RUN grep db.test /etc/hosts && df -k /dev/shm && echo limit $(ulimit -n)\n`,
      });
      const args =
        "--add-host db.test:10.1.2.3 --shm-size 32m --ulimit nofile=123:456 -o type=cacheonly --no-cache app";
      const { code, stderr } = await build(context.path, args.split(" "));
      assert.equal(code, 0, stderr);
      assert.match(stderr, /10\.1\.2\.3\s+db\.test/);
      assert.match(stderr, /32768/);
      assert.match(stderr, /limit 123/);
    });

    test("status as JSON is all that is on stderr", async () => {
      await using context = await openContext({ "app/Dockerfile": "FROM scratch\nCOPY Dockerfile /\n" });
      const { code, stderr } = await runDepot(
        [
          "build",
          "--progress",
          "rawjson",
          "-o",
          "type=cacheonly",
          "--buildkit-address",
          addressOf(engine.endpoint),
          "app",
        ],
        { cwd: context.path },
      );
      assert.equal(code, 0);
      for (const line of stderr.trim().split("\n")) JSON.parse(line);
    });

    test("a connection that is lost in the middle is made again, once", async () => {
      await using context = await openContext({
        "app/Dockerfile": `${BASE}RUN echo started; sleep 2; echo made > /out.txt\nFROM scratch\nCOPY --from=base /out.txt /\n`,
      });
      await using wire = await openCuttableWire(engine.endpoint);
      const args = ["build", "--progress", "plain", "--buildkit-address", wire.address, "-o", "out", "app"];

      const { code, stderr } = await runDepot(args, {
        cwd: context.path,
        onStart: async ({ shows }) => {
          await shows(" started");
          wire.cut();
        },
      });

      assert.equal(code, 0, stderr);
      assert.match(stderr, /connection to the builder lost, connecting again/);
      assert.match(stderr, /CANCELED/);
      assert.equal(await readFile(join(context.path, "out/out.txt"), "utf8"), "made\n");
    });

    test("a connection that is lost again and again is one clear error", async () => {
      await using context = await openContext({ "app/Dockerfile": `${BASE}RUN echo started; sleep 5\n` });
      await using wire = await openCuttableWire(engine.endpoint);
      const args = [
        "build",
        "--progress",
        "plain",
        "--buildkit-address",
        wire.address,
        "-o",
        "type=cacheonly",
        "--no-cache",
        "app",
      ];

      const { code, stderr } = await runDepot(args, {
        cwd: context.path,
        onStart: async ({ shows }) => {
          await shows(" started");
          for (let cuts = 0; cuts < 10; cuts++) {
            wire.cut();
            await sleep(300);
          }
        },
      });

      assert.equal(code, 1);
      assert.equal(stderr.match(/^error: /gm)?.length, 1, stderr);
      assert.doesNotMatch(stderr, /at .*\.ts:/);
    });

    test("an engine that is not there is one clear error", async () => {
      await using context = await openContext({ "app/Dockerfile": "FROM scratch\nCOPY Dockerfile /\n" });
      const { code, stderr } = await runDepot(["build", "--buildkit-address", "unix:///nonexistent.sock", "app"], {
        cwd: context.path,
      });
      assert.equal(code, 1);
      assert.match(stderr, /error: cannot reach the engine at unix:\/\/\/nonexistent\.sock/);
    });
  });
}
