import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, suite, test } from "node:test";
import {
  type ProgramOutcome,
  startDockerd,
  startRegistry,
  startTestServer,
  type TestServer,
  testEngineKinds,
} from "@opendepot/testing";
import { createProject, helloArguments, listBuilds, makeWorkFolder, type WorkFolder } from "../support.ts";
import { runHostedCli } from "./hosted-cli.ts";

const [engine = "buildkitd"] = await testEngineKinds();

suite("the hosted product's CLI with our registry", () => {
  const cleanup = new AsyncDisposableStack();
  let server: TestServer;
  let home: WorkFolder;
  let project: string;
  let host: string;
  before(async () => {
    server = cleanup.use(await startTestServer({ engine }));
    home = cleanup.use(await makeWorkFolder());
    project = await createProject(server, "saved");
    host = new URL(server.url).host;
  });
  after(() => cleanup.disposeAsync());

  const succeed = async (args: readonly string[], env?: Readonly<Record<string, string>>): Promise<ProgramOutcome> => {
    const outcome = await runHostedCli(server, { home: home.path, args, env });
    assert.equal(outcome.code, 0, outcome.stdout + outcome.stderr);
    return outcome;
  };
  const saving = async (...more: string[]): Promise<string[]> => {
    const plain = ["--project", project, "--progress", "plain", "--save", ...more];
    return ["build", ...plain, ...(await helloArguments(home.path))];
  };
  const newestBuild = async (): Promise<string> => (await listBuilds(server, project))[0]?.id ?? assert.fail();

  test("build --save saves under the build's id and the tags, and image list and image rm see that", async () => {
    const { stderr } = await succeed(await saving("--save-tag", "v1", "--save-tag", "v2"));
    const id = await newestBuild();

    const listed = await succeed(["image", "list", "--project", project, "--output", "csv"]);
    const removed = await succeed(["image", "rm", "--project", project, "v2"]);
    const left = await succeed(["image", "list", "--project", project, "--output", "json"]);

    assert.match(stderr, new RegExp(`depot pull --project ${project} ${id}`));
    for (const tag of [id, "v1", "v2"])
      assert.match(listed.stdout, new RegExp(`^${tag},sha256:[0-9a-f]{64},\\d+,`, "m"));
    assert.match(removed.stdout, /v2/);
    assert.deepEqual((JSON.parse(left.stdout) as { tag: string }[]).map(({ tag }) => tag).sort(), [id, "v1"].sort());
  });

  test("build --save --push pushes to both places", async () => {
    await using registry = await startRegistry();
    await succeed(await saving("--save-tag", "pushed", "--push", "-t", `${registry.host}/hello:1`));

    const listed = await succeed(["image", "list", "--project", project, "--output", "csv"]);
    const { tags } = (await (await fetch(`${registry.url}/v2/hello/tags/list`)).json()) as { tags: string[] };
    assert.match(listed.stdout, /^pushed,/m);
    assert.deepEqual(tags, ["1"]);
  });

  test("pull by a build's id brings the image into Docker, and pull-token lets Docker pull", async () => {
    // With containerd's store Docker drops these credentials, as that CLI says that they are for another host.
    await using docker = await startDockerd({ store: "graphdriver" });
    const id = await newestBuild();

    await succeed(["pull", "--project", project, "--progress", "plain", "-t", "pulled:1", id], {
      DOCKER_HOST: docker.host,
      DOCKER_CONFIG: docker.configFolder,
    });
    const { stdout: token } = await succeed(["pull-token", "--project", project]);

    assert.equal((await docker.docker(["image", "inspect", "pulled:1"])).code, 0);
    const logged = await docker.docker(["login", host, "-u", "x-token", "--password-stdin"], { input: token });
    assert.equal(logged.code, 0, logged.stderr);
    const pulled = await docker.docker(["pull", `${host}/${project}:v1`]);
    assert.equal(pulled.code, 0, pulled.stderr);
  });

  test("bake --save saves each target, and pull brings all of them", async () => {
    await using docker = await startDockerd({ store: "graphdriver" });
    const targets = ["one", "two"].map((name) => `target "${name}" {\n  dockerfile = "${name}.Dockerfile"\n}\n`);
    const bake = `group "default" {\n  targets = ["one", "two"]\n}\n${targets.join("")}`;
    await writeFile(join(home.path, "docker-bake.hcl"), bake);
    for (const name of ["one", "two"]) {
      await writeFile(
        join(home.path, `${name}.Dockerfile`),
        `FROM scratch\nLABEL name=${name}\nCOPY docker-bake.hcl /\n`,
      );
    }

    await succeed(["bake", "--project", project, "--progress", "plain", "--save", "--save-tag", "baked"]);
    const id = await newestBuild();
    await succeed(["pull", "--project", project, "--progress", "plain", id], {
      DOCKER_HOST: docker.host,
      DOCKER_CONFIG: docker.configFolder,
    });

    const listed = await succeed(["image", "list", "--project", project, "--output", "csv"]);
    for (const tag of [`${id}-one`, `${id}-two`, "baked-one", "baked-two"]) {
      assert.match(listed.stdout, new RegExp(`^${tag},sha256:`, "m"));
    }
    const { stdout } = await docker.docker(["images", "--format", "{{.Repository}}:{{.Tag}}"]);
    assert.deepEqual(stdout.trim().split("\n").sort(), [
      `${host}/${project}:${id}-one`,
      `${host}/${project}:${id}-two`,
    ]);
  });
});
