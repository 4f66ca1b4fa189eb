import assert from "node:assert/strict";
import { mkdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { after, before, beforeEach, suite, test } from "node:test";
import {
  type ProgramOutcome,
  prepareTestTools,
  registerEmulator,
  runProgram,
  testEngineKinds,
} from "@opendepot/testing";
import { createProject, listBuilds } from "../support.ts";
import { BASE, openSeedBench, type SeedBench } from "./seed-bench.ts";

/** The bake file that people are taught, word for word. */
const BAKE_FILE = `variable "TAG" {
default = "latest"
}
group "default" {
targets = ["app", "worker"]
}
target "app" {
dockerfile = "Dockerfile"
platforms = ["linux/amd64", "linux/arm64"]
tags = ["myrepo/app:\${TAG}"]
args = { NODE_VERSION = "20" }
}
target "worker" {
dockerfile = "Dockerfile.worker"
tags = ["myrepo/worker:\${TAG}"]
contexts = { app = "target:app" } # Share base between targets
}
`;

/** The compose file, too, but for the indentation and the projects' IDs. */
const composeFile = (api: string, web: string): string => `services:
  api:
    build:
      dockerfile: ./Dockerfile.api
    x-depot:
      project-id: ${api}
  web:
    build:
      dockerfile: ./Dockerfile.web
      x-depot:
        project-id: ${web}
`;

const FILES = {
  Dockerfile:
    "FROM scratch\nARG NODE_VERSION\nARG TARGETARCH\nENV NODE=$NODE_VERSION FOR=$TARGETARCH\nCOPY Dockerfile /app\n",
  "Dockerfile.worker": "FROM app\nCOPY Dockerfile.worker /worker\n",
  "Dockerfile.api": `${BASE}CMD ["/bin/echo", "the api"]\n`,
  "Dockerfile.web": `${BASE}CMD ["/bin/echo", "the web"]\n`,
};

const SERVICES = ["one", "two", "three", "four", "five", "six"];

for (const engine of await testEngineKinds()) {
  suite(`the commands about depot bake that people are taught, word for word, on ${engine}`, () => {
    const cleanup = new AsyncDisposableStack();
    let bench: SeedBench;
    before(async () => {
      cleanup.use(await registerEmulator());
      bench = cleanup.use(await openSeedBench(engine));
      for (const [name, text] of Object.entries(FILES)) await bench.write(name, text);
    });
    after(() => cleanup.disposeAsync());
    beforeEach(async () => {
      for (const name of ["docker-bake.hcl", "docker-compose.yml"]) await rm(join(bench.folder, name), { force: true });
    });

    const succeed = async (command: string, env?: Readonly<Record<string, string>>): Promise<ProgramOutcome> => {
      const outcome = await bench.run(command, env);
      assert.equal(outcome.code, 0, `${command}\n${outcome.stdout}${outcome.stderr}`);
      return outcome;
    };
    const tagsOf = (printed: ProgramOutcome): unknown =>
      (JSON.parse(printed.stdout) as { target: Record<string, { tags: unknown }> }).target["worker"]?.tags;

    test("depot bake, depot bake -f docker-bake.hcl", async () => {
      await bench.write("docker-bake.hcl", BAKE_FILE);

      const { stderr } = await succeed("depot bake --metadata-file meta.json");
      await succeed("depot bake -f docker-bake.hcl");

      assert.match(stderr, /\[worker .*COPY Dockerfile\.worker \/worker/);
      assert.match(stderr, /no output specified for app, worker/);
      const [build, before] = await listBuilds(bench.server, bench.projectId);
      assert.deepEqual([build?.status, before?.status], ["BUILD_STATUS_FINISHED", "BUILD_STATUS_FINISHED"]);
      const metadata = JSON.parse(await readFile(join(bench.folder, "meta.json"), "utf8")) as Record<string, unknown>;
      assert.deepEqual(Object.keys(metadata).sort(), ["app", "depot.build", "worker"]);
    });

    test("depot bake --print, TAG=v2.0 depot bake", async () => {
      await bench.write("docker-bake.hcl", BAKE_FILE);

      assert.deepEqual(tagsOf(await succeed("depot bake --print")), ["myrepo/worker:latest"]);
      assert.deepEqual(tagsOf(await succeed("TAG=v2.0 depot bake --print")), ["myrepo/worker:v2.0"]);
      await succeed("TAG=v2.0 depot bake");
      await succeed("TAG=v2.0 depot bake --load worker");

      const { stdout } = await bench.docker.docker(["images", "--format", "{{.Repository}}:{{.Tag}}"]);
      assert.deepEqual(stdout.trim().split("\n"), ["myrepo/worker:v2.0"]);
    });

    test("depot bake -f docker-compose.yml --load, with a project for each service", async () => {
      const projects = await Promise.all(["api", "web"].map((name) => createProject(bench.server, name)));
      await bench.write("docker-compose.yml", composeFile(projects[0] ?? "", projects[1] ?? ""));

      const { stderr } = await succeed("depot bake -f docker-compose.yml --load");

      assert.equal(new Set(stderr.match(/Build summary: \S+/g)).size, 2, stderr);
      const builds = await Promise.all(projects.map((id) => listBuilds(bench.server, id)));
      assert.deepEqual(
        builds.map((of) => of.map(({ status }) => status)),
        [["BUILD_STATUS_FINISHED"], ["BUILD_STATUS_FINISHED"]],
      );
      for (const name of ["api", "web"]) {
        const ran = await bench.docker.docker(["run", "--rm", "--network", "none", `work-${name}`]);
        assert.equal(ran.stdout, `the ${name}\n`, ran.stderr);
      }
    });

    test("depot bake -f docker-compose.yml --load && docker compose up", async () => {
      const { compose } = await prepareTestTools();
      const folder = join(bench.folder, "six");
      await mkdir(folder);
      const services = SERVICES.map((name, at) => {
        const isNamed = at === 0 ? "\n    image: six/named" : "";
        return `  ${name}:${isNamed}\n    network_mode: none\n    build:\n      context: ..\n      dockerfile: six/Dockerfile\n      args: { WHO: ${name} }\n`;
      });
      await bench.write("six/docker-compose.yml", `services:\n${services.join("")}`);
      await bench.write("six/Dockerfile", `${BASE}ARG WHO\nRUN echo "i am $WHO" > /who\nCMD ["/bin/cat", "/who"]\n`);

      await succeed("cd six && depot bake -f docker-compose.yml --allow fs.read=.. --load");
      const up = await runProgram([compose, "up", "--no-build", "--pull", "never", "--no-color"], {
        cwd: folder,
        env: { PATH: process.env["PATH"], HOME: folder, DOCKER_HOST: bench.docker.host },
      });

      assert.equal(up.code, 0, up.stdout + up.stderr);
      for (const name of SERVICES) assert.match(up.stdout, new RegExp(`i am ${name}$`, "m"));
    });

    test("compose files come before bake files, and what follows is laid over what came before", async () => {
      await bench.write("docker-compose.yml", composeFile("a", "b"));
      await bench.write("docker-bake.hcl", BAKE_FILE);

      const { stdout } = await succeed("depot bake --print api app");

      const { target } = JSON.parse(stdout) as { target: Record<string, { project_id?: string }> };
      assert.deepEqual([Object.keys(target), target["api"]?.project_id], [["api", "app"], "a"]);
    });
  });
}
