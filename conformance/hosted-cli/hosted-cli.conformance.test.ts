import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { type ProgramOutcome, startTestServer, type TestServer, testEngineKinds } from "@opendepot/testing";
import { createProject, helloArguments, listBuilds, listSteps, makeWorkFolder, readStepLog } from "../support.ts";
import { runHostedCli } from "./hosted-cli.ts";

function hostedCli(server: TestServer, home: string, ...args: string[]): Promise<ProgramOutcome> {
  return runHostedCli(server, { home, args });
}

for (const engine of await testEngineKinds()) {
  test(`the hosted product's CLI builds through our server on ${engine}`, async () => {
    await using server = await startTestServer({ engine });
    await using home = await makeWorkFolder();
    const project = await createProject(server, "hello");
    const args = ["build", "--project", project, "--progress", "plain", ...(await helloArguments(home.path))];

    const first = await hostedCli(server, home.path, ...args);
    const second = await hostedCli(server, home.path, ...args);

    assert.equal(first.code, 0, first.stderr);
    assert.match(first.stderr, /RUN --mount=type=cache/);
    assert.match(first.stderr, /Build Summary: http:\/\/127\.0\.0\.1:\d+\//);
    assert.equal(second.code, 0, second.stderr);
    const builds = await listBuilds(server, project);
    assert.deepEqual(
      builds.map(({ status }) => status),
      ["BUILD_STATUS_FINISHED", "BUILD_STATUS_FINISHED"],
    );
    const steps = await listSteps(server, project, builds[0]?.id ?? "");
    const ownSteps = steps.filter(({ name }) => /^\[(shell|site|stage-2) /.test(name));
    assert.equal(ownSteps.length, 8);
    assert(
      ownSteps.every(({ cacheState }) => cacheState === "CACHE_STATE_CACHED"),
      JSON.stringify(ownSteps),
    );
    const firstSteps = await listSteps(server, project, builds[1]?.id ?? "");
    const rendering = firstSteps.find(({ name }) => name.includes("--mount=type=cache"));
    assert.deepEqual([rendering?.cacheState, rendering?.hasLogs], ["CACHE_STATE_UNCACHED", true]);
  });

  test(`the hosted product's CLI reports a failing step, and so do we, on ${engine}`, async () => {
    await using server = await startTestServer({ engine });
    await using home = await makeWorkFolder();
    const project = await createProject(server, "failing");
    const [option = "", base = ""] = await helloArguments(home.path);
    const dockerfile =
      'FROM scratch\nCOPY --from=busybox busybox /busybox\nRUN ["/busybox", "sh", "-c", "echo so far; exit 7"]\n';
    await writeFile(join(home.path, "Dockerfile"), dockerfile);

    const failed = await hostedCli(
      server,
      home.path,
      "build",
      "--project",
      project,
      "--progress",
      "plain",
      option,
      base,
      ".",
    );

    assert.equal(failed.code, 1);
    assert.match(failed.stderr, /exit code: 7/);
    const [build] = await listBuilds(server, project);
    assert.equal(build?.status, "BUILD_STATUS_FAILED");
    const steps = await listSteps(server, project, build?.id ?? "");
    assert.match(steps.find(({ name }) => name.includes("RUN"))?.error ?? "", /exit code: 7/);
  });

  test(`a secret that a step prints is shown to the hosted product's CLI and not kept by us, on ${engine}`, async () => {
    await using server = await startTestServer({ engine });
    await using home = await makeWorkFolder();
    const project = await createProject(server, "secret");
    const [option = "", base = ""] = await helloArguments(home.path);
    await writeFile(join(home.path, "token.txt"), "hunter22-of-the-test\n");
    const run = '["/busybox", "sh", "-c", "echo the token: $(/busybox cat /run/secrets/token)"]';
    const dockerfile = `FROM scratch\nCOPY --from=busybox busybox /busybox\nRUN --mount=type=secret,id=token ${run}\n`;
    await writeFile(join(home.path, "Dockerfile"), dockerfile);
    const secret = `id=token,src=${join(home.path, "token.txt")}`;
    const args = ["build", "--project", project, "--progress", "plain", option, base, "--secret", secret, home.path];

    const built = await hostedCli(server, home.path, ...args);

    assert.equal(built.code, 0, built.stderr);
    assert.match(built.stderr, /the token: hunter22-of-the-test/);
    const [build] = await listBuilds(server, project);
    const steps = await listSteps(server, project, build?.id ?? "");
    const step = steps.find(({ name }) => name.includes("RUN"));
    assert.ok(step, JSON.stringify(steps));
    assert.equal((await readStepLog(server, project, build?.id ?? "", step)).trim(), "the token: ***");
  });
}

test("the hosted product's CLI lists projects and builds and resets the cache", async () => {
  const [engine = "buildkitd"] = await testEngineKinds();
  await using server = await startTestServer({ engine });
  await using home = await makeWorkFolder();
  const project = await createProject(server, "lists");
  const build = ["build", "--project", project, "--progress", "plain", ...(await helloArguments(home.path))];
  assert.equal((await hostedCli(server, home.path, ...build)).code, 0);

  const projects = await hostedCli(server, home.path, "list", "projects", "--output", "csv");
  const builds = await hostedCli(server, home.path, "list", "builds", "--project", project, "--output", "csv");
  const reset = await hostedCli(server, home.path, "cache", "reset", "--project", project);
  const again = await hostedCli(server, home.path, ...build);

  assert.match(projects.stdout, new RegExp(`${project},lists`));
  const [recorded] = await listBuilds(server, project);
  assert.equal(builds.code, 0, builds.stderr);
  assert.match(builds.stdout, /,finished,/);
  assert.equal(reset.code, 0, reset.stderr);
  assert.match(reset.stdout + reset.stderr, /lists/);
  assert.equal(again.code, 0, again.stderr);
  assert.match(again.stderr, /rendering index/); // the cache mount was emptied, too
  const steps = await listSteps(server, project, recorded?.id ?? "");
  assert(steps.some(({ cacheState }) => cacheState === "CACHE_STATE_UNCACHED"));
});

test("the hosted product's CLI is told about a project that does not exist and a token that is wrong", async () => {
  const [engine = "buildkitd"] = await testEngineKinds();
  await using server = await startTestServer({ engine });
  await using home = await makeWorkFolder();
  const hello = await helloArguments(home.path);

  const unknown = await hostedCli(server, home.path, "build", "--project", "nosuchproj", ...hello);
  const wrong = await hostedCli({ ...server, token: "odu_wrong" } as TestServer, home.path, "list", "projects");

  assert.equal(unknown.code, 1);
  assert.equal(wrong.code, 1);
  assert.match(wrong.stderr, /unauthenticated/);
});
