import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, suite, test } from "node:test";
import { startDockerd, startRegistry, type TestDockerd, testEngineKinds } from "@opendepot/testing";
import { hasImage } from "./has-image.ts";
import { BASE, openContext } from "./open-context.ts";
import { openDepot, type TestDepot } from "./open-depot.ts";

const APP = `${BASE}RUN echo loaded > /word\nCMD ["/bin/cat", "/word"]\n`;
const STORES = ["containerd", "graphdriver"] as const;

const engines = await testEngineKinds();

for (const engine of engines) {
  // What is loaded is the same whichever engine made it: of the others a part is enough.
  const isFirst = engine === engines[0];
  suite(`--load from ${engine}`, () => {
    let depot: TestDepot;
    before(async () => {
      depot = await openDepot(engine);
    });
    after(() => depot[Symbol.asyncDispose]());

    for (const store of STORES.slice(0, isFirst ? STORES.length : 1)) {
      suite(`into Docker with ${store}`, () => {
        let docker: TestDockerd;
        const env = (): Record<string, string> => ({ DOCKER_HOST: docker.host });
        before(async () => {
          docker = await startDockerd({ store });
        });
        after(() => docker[Symbol.asyncDispose]());

        test("the image runs under all its names, and other outputs are written beside it", async () => {
          await using registry = await startRegistry();
          await using context = await openContext({ Dockerfile: APP });
          const [first, second] = [`${registry.host}/loaded:1`, `${registry.host}/further/name:2`];
          const outputs = ["--load", "--push", "-o", "type=oci,dest=image.tar", "--iidfile", "iid"];

          await depot.build([...outputs, "-t", first, "-t", second, "."], { cwd: context.path, env: env() });

          for (const name of [first, second]) {
            const ran = await docker.docker(["run", "--rm", "--network", "none", name]);
            assert.equal(ran.stdout, "loaded\n", ran.stderr);
          }
          assert(await hasImage(registry, "loaded"));
          assert.equal((await stat(join(context.path, "image.tar"))).isFile(), true);
          const inspected = await docker.docker(["image", "inspect", "-f", "{{.Id}}", second]);
          assert.equal(await readFile(join(context.path, "iid"), "utf8"), inspected.stdout.trim());
        });

        if (isFirst)
          test("of several platforms Docker gets its own", async () => {
            await using context = await openContext({
              Dockerfile: "FROM scratch\nARG TARGETARCH\nLABEL for=$TARGETARCH\nCOPY Dockerfile /\n",
            });
            const platforms = ["--build-platform", "linux/amd64", "--platform", "linux/amd64,linux/arm64"];

            await depot.build([...platforms, "--load", "-t", "several:1", "."], { cwd: context.path, env: env() });

            const label = '{{index .Config.Labels "for"}}';
            assert.equal((await docker.docker(["image", "inspect", "-f", label, "several:1"])).stdout, "amd64\n");
          });

        test("SIGINT in the middle of it ends it within a second, and leaves nothing in Docker", async () => {
          const large = `${BASE}RUN head -c 100000000 /dev/urandom > /large\n`;
          await using context = await openContext({ Dockerfile: large });
          const args = ["build", "--progress", "plain", "-t", "gone:1"];
          await depot.build(["-o", "type=image", "."], { cwd: context.path });
          let killedMs = 0;

          const { code, stderr } = await depot.run([...args, "--load", "."], {
            cwd: context.path,
            env: env(),
            onStart: async ({ kill, shows }) => {
              await shows("importing gone:1 to docker");
              killedMs = performance.now();
              kill("SIGINT");
            },
          });

          assert(performance.now() - killedMs < 1_000, `${performance.now() - killedMs} ms`);
          assert.equal(code, 1, stderr);
          assert.equal(await depot.newestStatus(), "canceled");
          assert.equal((await docker.docker(["images", "-q", "gone"])).stdout, "");
        });

        if (isFirst)
          test("names that killed loads left behind are taken away, with images that have no other", async () => {
            await using registry = await startRegistry();
            await using context = await openContext({ Dockerfile: "FROM scratch\nCOPY Dockerfile word /\n", word: "" });
            const leave = async (hoursAgo: number, word: string): Promise<string> => {
              const seconds = Math.floor(Date.now() / 1000) - hoursAgo * 3600;
              const name = `${registry.host}/depot-load/${seconds}-${randomBytes(16).toString("hex")}`;
              await writeFile(join(context.path, "word"), word);
              await depot.build(["--push", "-t", name, "--metadata-file", "meta.json", "."], { cwd: context.path });
              const metadata = JSON.parse(await readFile(join(context.path, "meta.json"), "utf8"));
              const whole = `${name}@${metadata["containerimage.digest"]}`;
              const pulled = await docker.docker(["pull", whole]);
              assert.equal(pulled.code, 0, pulled.stderr);
              return whole;
            };
            const has = async (name: string): Promise<boolean> =>
              (await docker.docker(["image", "inspect", name])).code === 0;
            const [bare, kept, recent] = [await leave(2, "bare"), await leave(3, "kept"), await leave(0, "recent")];
            assert.equal((await docker.docker(["tag", kept, "kept:1"])).code, 0);
            assert.deepEqual([await has(bare), await has(kept), await has(recent)], [true, true, true]);

            await depot.build(["--load", "-t", "new:1", "."], { cwd: context.path, env: env() });

            assert.deepEqual([await has(bare), await has(kept), await has(recent)], [false, false, true]);
            assert.deepEqual([await has("kept:1"), await has("new:1")], [true, true]);
          });
      });
    }

    if (!isFirst) return;

    test("linked targets get whole into a Docker that cannot pull from this machine", async () => {
      await using docker = await startDockerd({ store: "containerd", isApart: true });
      await using context = await openContext({
        "docker-bake.hcl": `
        group "default" { targets = ["base", "app"] }
        target "base" { tags = ["base:1"] }
        target "app" {
          dockerfile = "app.Dockerfile"
          contexts   = { given = "target:base" }
          tags       = ["app:1"]
        }`,
        Dockerfile: APP,
        "app.Dockerfile": "FROM given\nRUN echo linked >> /word\n",
      });

      const baked = await depot.run(["bake", "--progress", "plain", "--load"], {
        cwd: context.path,
        env: { DOCKER_HOST: docker.host },
      });

      assert.equal(baked.code, 0, baked.stderr);
      assert.match(baked.stderr, /\[depot\] sending the whole image to Docker, since Docker cannot reach this process/);
      for (const [name, words] of [
        ["base:1", "loaded\n"],
        ["app:1", "loaded\nlinked\n"],
      ] as const) {
        assert.equal((await docker.docker(["run", "--rm", "--network", "none", name])).stdout, words);
      }
    });

    test("a Docker that is not there is told before a server hears of the build", async () => {
      await using context = await openContext({ Dockerfile: APP });
      const status = await depot.newestStatus();

      const { code, stderr } = await depot.run(["build", "--load", "-t", "a:1", "."], {
        cwd: context.path,
        env: { DOCKER_HOST: "unix:///nonexistent/docker.sock", DEPOT_API_URL: "http://127.0.0.1:1" },
      });

      assert.equal(code, 1);
      assert.match(stderr, /error: .*\/nonexistent\/docker\.sock[\s\S]*hint: /);
      assert.equal(await depot.newestStatus(), status);
    });
  });
}
