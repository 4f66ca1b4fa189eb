import assert from "node:assert/strict";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { after, before, suite, test } from "node:test";
import { type ProgramOutcome, testEngineKinds } from "@opendepot/testing";
import { listBuilds } from "../support.ts";
import { BASE, openSeedBench, type SeedBench } from "./seed-bench.ts";

const APP = `${BASE}RUN echo built > /out.txt\nCMD ["/bin/cat", "/out.txt"]\n`;
const BAKE_FILE = 'target "default" { dockerfile = "Dockerfile" }\n';

// What is saved is the same whichever engine made it.
for (const engine of (await testEngineKinds()).slice(0, 1)) {
  suite(`the commands about the registry that people are taught, word for word, on ${engine}`, () => {
    let bench: SeedBench;
    /** What stands for `registry.depot.dev` here. */
    let host: string;
    let buildId = "";
    before(async () => {
      bench = await openSeedBench(engine);
      host = new URL(bench.server.url).host;
      await bench.write("Dockerfile", APP);
    });
    after(() => bench[Symbol.asyncDispose]());

    const succeed = async (command: string): Promise<ProgramOutcome> => {
      const outcome = await bench.run(command);
      assert.equal(outcome.code, 0, `${command}\n${outcome.stdout}${outcome.stderr}`);
      return outcome;
    };
    const savedTags = async (): Promise<string[]> => {
      const { stdout } = await succeed("depot image list --output json");
      return (JSON.parse(stdout) as { tag: string }[]).map(({ tag }) => tag);
    };
    const wordOf = async (image: string): Promise<string> => {
      const { stdout, stderr } = await bench.docker.docker(["run", "--rm", "--network", "none", image]);
      return stdout || stderr;
    };

    test("depot build --save -t myapp .", async () => {
      const { stderr } = await succeed("depot build --save -t myapp .");

      const [build] = await listBuilds(bench.server, bench.projectId);
      buildId = build?.id ?? "";
      assert.match(stderr, new RegExp(`depot pull --project ${bench.projectId} ${buildId}\n`));
      assert.deepEqual(await savedTags(), [buildId]);
    });

    test("depot pull --project <id> <build-id>", async () => {
      const command = "depot pull --project <id> <build-id>".replace("<id>", bench.projectId);

      await succeed(command.replace("<build-id>", buildId));

      assert.equal(await wordOf("myapp"), "built\n");
    });

    test("depot push --project <id> -t registry/image:tag <build-id>", async () => {
      const image = `${bench.registry.host}/image:tag`;
      const command = "depot push --project <id> -t registry/image:tag <build-id>".replace("<id>", bench.projectId);

      await succeed(command.replace("registry/image:tag", image).replace("<build-id>", buildId));

      assert.equal(((await bench.skopeo("inspect", "--raw", image))["layers"] as unknown[]).length, 3);
    });

    test("depot build --save .", async () => {
      await succeed("depot build --save .");
      assert.equal((await savedTags()).length, 2);
    });

    test("depot build --save --save-tag my-tag .", async () => {
      await succeed("depot build --save --save-tag my-tag .");
      assert((await savedTags()).includes("my-tag"));
    });

    test("docker login registry.depot.dev -u x-token -p <depot-token>, then registry.depot.dev/<project-id>:<tag>", async () => {
      const logged = await bench.docker.docker(["login", host, "-u", "x-token", "-p", bench.server.token]);
      const pulled = await bench.docker.docker(["pull", `${host}/${bench.projectId}:my-tag`]);

      assert.equal(logged.code, 0, logged.stderr);
      assert.equal(pulled.code, 0, pulled.stderr);
      assert.equal(await wordOf(`${host}/${bench.projectId}:my-tag`), "built\n");
    });

    test("depot bake --save --save-tag myrepo/app:v1", async () => {
      await bench.write("docker-bake.hcl", BAKE_FILE);

      await succeed("depot bake --save --save-tag myrepo/app:v1");

      const [build] = await listBuilds(bench.server, bench.projectId);
      const tags = await savedTags();
      assert(tags.includes("myrepo/app:v1-default") && tags.includes(`${build?.id}-default`), tags.join());
      await rm(join(bench.folder, "docker-bake.hcl"));
    });
  });
}
