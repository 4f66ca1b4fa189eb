import assert from "node:assert/strict";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, suite, test } from "node:test";
import { prepareTestTools, runProgram, startRegistry, type TestRegistry, testEngineKinds } from "@opendepot/testing";
import { hasImage } from "./has-image.ts";
import { BASE, openContext } from "./open-context.ts";
import { openDepot, type TestDepot } from "./open-depot.ts";
import { startRegistryFront } from "./registry-front.ts";

/** A step that is seen to run in the log, and in nothing else. */
const DOCKERFILE = `${BASE}RUN echo $((6*7)) is-run | tee /made\n`;
const runs = (stderr: string): number => stderr.match(/ 42 is-run$/gm)?.length ?? 0;

const login = { username: "someone", password: "a pass word" };

/** Docker's settings as after a login, in a folder of their own. */
async function writeDockerLogin(parent: string, host: string): Promise<string> {
  const folder = join(parent, "docker");
  const auth = Buffer.from(`${login.username}:${login.password}`).toString("base64");
  await mkdir(folder);
  await writeFile(join(folder, "config.json"), JSON.stringify({ auths: { [host]: { auth } } }));
  return folder;
}

const engines = await testEngineKinds();

for (const engine of engines) {
  suite(`pushes of depot build on ${engine}`, () => {
    const cleanup = new AsyncDisposableStack();
    let depot: TestDepot;
    let registry: TestRegistry;
    before(async () => {
      depot = cleanup.use(await openDepot(engine));
      registry = cleanup.use(await startRegistry());
    });
    after(() => cleanup.disposeAsync());

    test("a registry that fails twice and breaks off once gets the image all the same", async () => {
      await using context = await openContext({ Dockerfile: DOCKERFILE });
      const troubles = ["fail", "reset", "fail"] as const;
      let count = 0;
      await using front = await startRegistryFront(registry.host, (method) =>
        method === "PUT" ? (troubles[count++] ?? "pass") : "pass",
      );

      const { stderr } = await depot.build(["--no-cache", "-t", `${front.host}/shaky:1`, "--push", "."], {
        cwd: context.path,
      });

      assert(count > troubles.length);
      assert.equal(runs(stderr), 1);
      assert(await hasImage(registry, "shaky"));
    });

    // Ten seconds of trouble, which the client deals with: once is enough.
    if (engine === engines[0])
      test("a push that fails for longer is done again as a push, not as a build", async () => {
        await using context = await openContext({ Dockerfile: DOCKERFILE });
        const troubleMs = 10_000;
        let sinceMs = 0;
        await using front = await startRegistryFront(registry.host, (method, path) => {
          if (method !== "PUT" || !path.includes("/manifests/")) return "pass";
          sinceMs ||= performance.now();
          return performance.now() - sinceMs < troubleMs ? "fail" : "pass";
        });

        const { stderr } = await depot.build(["--no-cache", "-t", `${front.host}/later:1`, "--push", "."], {
          cwd: context.path,
        });

        assert.match(stderr, /\[depot\] pushing again: failed to push .*500 Internal Server Error/);
        assert.equal(runs(stderr), 1);
        assert(await hasImage(registry, "later"));
      });

    test("credentials come from the environment and from Docker's settings; without, it ends with what to do", async () => {
      await using guarded = await startRegistry({ login });
      await using context = await openContext({ Dockerfile: "FROM scratch\nCOPY Dockerfile /\n" });
      const push = (name: string, env: Readonly<Record<string, string>>): ReturnType<TestDepot["run"]> =>
        depot.run(["build", "--progress", "plain", "-t", `${guarded.host}/${name}:1`, "--push", "."], {
          cwd: context.path,
          env,
        });
      const DOCKER_CONFIG = await writeDockerLogin(context.path, guarded.host);

      const none = await push("none", {});
      const own = await push("own", {
        DEPOT_PUSH_REGISTRY_USERNAME: login.username,
        DEPOT_PUSH_REGISTRY_PASSWORD: login.password,
      });
      const docker = await push("docker", { DOCKER_CONFIG });

      assert.equal(none.code, 1);
      assert.match(none.stderr, /hint: log in to that registry with docker login/);
      assert.doesNotMatch(none.stderr, /pushing again/);
      assert.deepEqual([own.code, docker.code], [0, 0], own.stderr + docker.stderr);
    });

    test("tags in two registries are one image in both, each with its own credentials", async () => {
      await using guarded = await startRegistry({ login });
      await using context = await openContext({ Dockerfile: "FROM scratch\nCOPY Dockerfile /\n" });
      const DOCKER_CONFIG = await writeDockerLogin(context.path, guarded.host);
      const tags = [`${registry.host}/both:1`, `${guarded.host}/far/both:2`, `${registry.host}/both:3`];

      await depot.build([...tags.flatMap((tag) => ["-t", tag]), "--push", "--metadata-file", "meta.json", "."], {
        cwd: context.path,
        env: { DOCKER_CONFIG },
      });

      const metadata = JSON.parse(await readFile(join(context.path, "meta.json"), "utf8"));
      const { skopeo } = await prepareTestTools();
      const digests = tags.map(async (tag) => {
        const creds = tag.startsWith(guarded.host) ? ["--creds", `${login.username}:${login.password}`] : [];
        const words = ["inspect", "--tls-verify=false", ...creds, "--format", "{{.Digest}}", `docker://${tag}`];
        const { stdout, stderr } = await runProgram([skopeo, ...words]);
        assert.notEqual(stdout, "", stderr);
        return stdout.trim();
      });
      assert.deepEqual(new Set(await Promise.all(digests)), new Set([metadata["containerimage.digest"]]));
      assert.equal(metadata["image.name"], tags.join(","));
    });

    test("SIGTERM while a registry does not answer ends it within a second, and leaves nothing there", async () => {
      await using context = await openContext({ Dockerfile: DOCKERFILE });
      await using front = await startRegistryFront(registry.host, (method) => (method === "PUT" ? "hang" : "pass"));
      let killedMs = 0;

      const { code, stderr } = await depot.run(
        ["build", "--progress", "plain", "-t", `${front.host}/hanging:1`, "--push", "."],
        {
          cwd: context.path,
          onStart: async ({ kill, shows }) => {
            await shows("pushing layers");
            while (front.hanging() === 0) await new Promise((resolve) => setTimeout(resolve, 20));
            killedMs = performance.now();
            kill("SIGTERM");
          },
        },
      );

      assert(performance.now() - killedMs < 1_000, `${performance.now() - killedMs} ms`);
      assert.equal(code, 1);
      assert.match(stderr, /error: canceled \(SIGTERM\)\n$/);
      assert.equal(await depot.newestStatus(), "canceled");
      assert.equal(await hasImage(registry, "hanging"), false);
    });
  });
}
