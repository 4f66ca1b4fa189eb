import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { suite, test } from "node:test";
import { listProcesses } from "@opendepot/builder/testing";
import { runProgram, startTestServer, type TestServer, testEngineKinds } from "@opendepot/testing";
import { BASE, openContext } from "./open-context.ts";
import { type DepotOptions, type DepotOutcome, runDepot } from "./run-depot.ts";

/** Runs `depot` against a server, in a project of the test's own. */
async function openProject(
  server: TestServer,
): Promise<(args: readonly string[], options?: DepotOptions) => Promise<DepotOutcome>> {
  const env = { DEPOT_API_URL: server.url, DEPOT_TOKEN: server.token };
  const { stdout } = await runDepot(["projects", "create", "trouble"], { env });
  const project = /Project ID:\s+(\S+)/.exec(stdout)?.[1] ?? "";
  return (args, options = {}) =>
    runDepot(args, { ...options, env: { ...env, DEPOT_PROJECT_ID: project, ...options.env } });
}

/** Kills the engines of a server, as a crash would. */
async function crashEngines(server: TestServer): Promise<void> {
  for (const { pid, args } of await listProcesses()) {
    const isEngine = ["buildkitd", "dockerd"].includes(basename(args[0] ?? ""));
    if (isEngine && args.some((arg) => arg.includes(server.dataDir))) process.kill(pid, "SIGKILL");
  }
}

const build = ["build", "--progress", "plain", "-o", "type=cacheonly", "."];

for (const engine of await testEngineKinds()) {
  suite(`trouble on ${engine}`, () => {
    test("an engine that dies is one clear error within two seconds, and the next build finds the cache", async () => {
      await using server = await startTestServer({ engine });
      const depot = await openProject(server);
      await using context = await openContext({
        Dockerfile: `${BASE}FROM base\nRUN echo kept\nRUN echo started; sleep 60\n`,
      });
      let crashedMs = 0;

      const died = await depot(build, {
        cwd: context.path,
        onStart: async ({ shows }) => {
          await shows(" started");
          await crashEngines(server);
          crashedMs = performance.now();
        },
      });
      const tookMs = performance.now() - crashedMs;
      const next = await depot([...build, "--target", "base"], { cwd: context.path });

      assert.equal(died.code, 1);
      assert.ok(tookMs < 2_000, `${tookMs} ms`);
      assert.equal(died.stderr.match(/^error: /gm)?.length, 1, died.stderr);
      assert.match(died.stderr, /error: .*(engine|builder)/);
      assert.equal(next.code, 0, next.stderr);
      assert.match(next.stderr, /RUN \["\/bin\/busybox","--install","-s","\/bin"\]\n#\d+ CACHED/);
      const builds: unknown = JSON.parse((await depot(["list", "builds", "--output", "json"])).stdout);
      assert.deepEqual(
        (builds as { status: string }[]).map(({ status }) => status),
        ["finished", "failed"],
      );
    });
  });
}

suite("trouble", () => {
  test("a server that is killed and started again in the middle loses neither the build nor its end", async () => {
    const [engine = "buildkitd"] = await testEngineKinds();
    const dataDir = await mkdtemp(join(tmpdir(), "od-restart-"));
    try {
      const first = await startTestServer({ engine, dataDir });
      await using _ = first;
      const ports = { listen: new URL(first.url).host };
      const depot = await openProject(first);
      await using context = await openContext({
        Dockerfile: `${BASE}RUN echo before\nRUN echo started; sleep 4; echo over\n`,
      });
      let second: TestServer | undefined;

      const built = await depot(build, {
        cwd: context.path,
        onStart: async ({ shows }) => {
          await shows(" started");
          await first.kill();
          second = await startTestServer({ engine, dataDir, flags: ["--listen", ports.listen] });
        },
      });
      await using restarted = second;

      assert.equal(built.code, 0, built.stderr);
      assert.match(built.stderr, /connecting again/);
      assert.match(built.stderr, /RUN echo before\n#\d+ CACHED/);
      assert.ok(restarted);
      const builds: unknown = JSON.parse((await depot(["list", "builds", "--output", "json"])).stdout);
      assert.deepEqual(
        (builds as { status: string }[]).map(({ status }) => status),
        ["finished"],
      );
    } finally {
      await rm(dataDir, { recursive: true, force: true, maxRetries: 5 });
    }
  });

  test("bad input is one clear error, and what is unusual passes", async (context) => {
    const [engine = "buildkitd"] = await testEngineKinds();
    await using server = await startTestServer({ engine });
    const depot = await openProject(server);

    await context.test("a FIFO in the context does not block", async () => {
      await using folder = await openContext({ Dockerfile: "FROM scratch\nCOPY . /\n" });
      assert.equal((await runProgram(["mkfifo", join(folder.path, "pipe")])).code, 0);
      const { code, stderr, tookMs } = await depot(build, { cwd: folder.path });
      assert.equal(code, 0, stderr);
      assert.ok(tookMs < 30_000);
    });

    await context.test("an agent's socket that nobody serves is named", async () => {
      await using folder = await openContext({ Dockerfile: `${BASE}RUN --mount=type=ssh echo with ssh\n` });
      const path = join(folder.path, "agent.sock");
      const agent = createServer().listen(path);
      await new Promise((resolve) => agent.once("listening", resolve));
      const copy = join(folder.path, "dead.sock");
      assert.equal((await runProgram(["ln", path, copy])).code, 0);
      await new Promise((resolve) => agent.close(resolve)); // removes one name and leaves the other, served by nobody
      const { code, stderr } = await depot([...build, "--ssh", `default=${copy}`], { cwd: folder.path });
      assert.equal(code, 1);
      assert.match(stderr, /dead\.sock/);
    });

    await context.test("a token that has expired is told from a server that is down", async () => {
      const executable = join(import.meta.dirname, "../../server/bin/depot-server.js");
      const create = ["token", "create", "--user", "admin", "--expires", "1s", "--data-dir", server.dataDir];
      const { code, stdout, stderr } = await runProgram([process.execPath, executable, ...create]);
      assert.equal(code, 0, stderr);
      await new Promise((resolve) => setTimeout(resolve, 1_500));
      const expired = await depot(["list", "projects"], { env: { DEPOT_TOKEN: /odu_\S+/.exec(stdout)?.[0] ?? "" } });
      assert.equal(expired.code, 1);
      assert.match(expired.stderr, /^error: .*token.*\nhint: /m);
    });
  });
});
