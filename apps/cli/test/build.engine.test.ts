import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, suite, test } from "node:test";
import { startTestServer, type TestServer, testEngineKinds } from "@opendepot/testing";
import { BASE, openContext } from "./open-context.ts";
import { type DepotOptions, type DepotOutcome, runDepot } from "./run-depot.ts";

for (const engine of await testEngineKinds()) {
  suite(`depot build through a server with ${engine}`, () => {
    let server: TestServer;
    let projectId = "";
    const depot = (args: readonly string[], options: DepotOptions = {}): Promise<DepotOutcome> =>
      runDepot(args, {
        ...options,
        env: { DEPOT_API_URL: server.url, DEPOT_TOKEN: server.token, DEPOT_PROJECT_ID: projectId, ...options.env },
      });
    const newestBuild = async (): Promise<{ id: string; status: string }> =>
      (
        JSON.parse((await depot(["list", "builds", "--output", "json"])).stdout) as { id: string; status: string }[]
      )[0] ?? assert.fail("no builds");

    before(async () => {
      server = await startTestServer({ engine });
      projectId = /Project ID:\s+(\S+)/.exec((await depot(["projects", "create", "app"])).stdout)?.[1] ?? "";
    });
    after(() => server[Symbol.asyncDispose]());

    test("a second build is taken from the cache, and its result comes out as files", async () => {
      await using context = await openContext({
        Dockerfile: `${BASE}RUN echo made > /out.txt\nFROM scratch\nCOPY --from=base /out.txt /\n`,
      });

      const first = await depot(["build", "--progress", "plain", "."], { cwd: context.path });
      const second = await depot(["build", "--progress", "plain", "-o", "out", "--metadata-file", "meta.json", "."], {
        cwd: context.path,
      });

      assert.deepEqual([first.code, second.code], [0, 0], second.stderr);
      assert.match(first.stderr, /no output specified/);
      assert.doesNotMatch(second.stderr, /no output specified/);
      assert.match(second.stderr, /\[depot\] build: http:\/\/.*\n.*DONE/);
      assert.match(second.stderr, /RUN echo made > \/out\.txt\n#\d+ CACHED/);
      assert.match(second.stderr, /Build summary: http/);
      assert.equal(await readFile(join(context.path, "out/out.txt"), "utf8"), "made\n");
      const metadata = JSON.parse(await readFile(join(context.path, "meta.json"), "utf8")) as Record<string, unknown>;
      const newest = await newestBuild();
      assert.deepEqual(metadata["depot.build"], { buildID: newest.id, projectID: projectId });
      assert.equal(newest.status, "finished");
    });

    test("a failed step is shown with its place in the Dockerfile and recorded as failed", async () => {
      await using context = await openContext({ Dockerfile: `${BASE}RUN echo why >&2; exit 3\n` });

      const { code, stdout, stderr } = await depot(["build", "--progress", "plain", "-o", "type=cacheonly", "."], {
        cwd: context.path,
      });

      assert.deepEqual([code, stdout], [1, ""]);
      assert.match(stderr, /Dockerfile:4\n-+\n[\s\S]*4 \| >>> RUN echo why/);
      assert.match(stderr, /\nerror: failed to solve: process .* did not complete successfully: exit code: 3\n$/);
      assert.equal((await newestBuild()).status, "failed");
    });

    test("a syntax error names its line", async () => {
      await using context = await openContext({ Dockerfile: "FROM scratch\nCOPPY a b\n" });
      const { code, stderr } = await depot(["build", "."], { cwd: context.path });
      assert.equal(code, 1);
      assert.match(stderr, /2 \| >>> COPPY a b/);
      assert.match(stderr, /error: failed to solve: .*unknown instruction: COPPY/);
    });

    test("Ctrl-C cancels within a second and leaves the build canceled", async () => {
      await using context = await openContext({ Dockerfile: `${BASE}RUN echo started; sleep 60\n` });
      let killedMs = 0;

      const { code, stderr } = await depot(["build", "--progress", "plain", "-o", "type=cacheonly", "."], {
        cwd: context.path,
        onStart: async ({ kill, shows }) => {
          await shows(" started");
          killedMs = performance.now();
          kill("SIGINT");
        },
      });

      assert.ok(performance.now() - killedMs < 1_000, `${performance.now() - killedMs} ms`);
      assert.equal(code, 1);
      assert.match(stderr, /error: canceled \(SIGINT\)\n$/);
      assert.equal((await newestBuild()).status, "canceled");
    });

    test("an archive on stdout is all that is on stdout, and a reader that leaves ends the build", async () => {
      await using context = await openContext({ Dockerfile: `${BASE}RUN head -c 20000000 /dev/urandom > /big\n` });
      const args = ["build", "--progress", "plain", "-o", "-", "."];

      const whole = await depot(args, { cwd: context.path });
      const cut = await depot(args, { cwd: context.path, onStart: ({ closeStdout }) => closeStdout() });

      assert.equal(whole.code, 0);
      assert.equal(whole.stdout.slice(257, 262), "ustar");
      assert.equal(cut.code, 1);
      assert.doesNotMatch(cut.stderr, /at .*\.ts/);
    });

    test("quiet prints the image's ID and nothing else to stdout", async () => {
      await using context = await openContext({ Dockerfile: "FROM scratch\nCOPY Dockerfile /\n" });
      const { code, stdout } = await depot(
        ["build", "-q", "-t", "a/b:1", "-o", "type=oci,dest=i.tar", "--iidfile", "iid", "."],
        { cwd: context.path },
      );
      assert.equal(code, 0);
      assert.match(stdout, /^sha256:[0-9a-f]{64}\n$/);
      assert.equal(await readFile(join(context.path, "iid"), "utf8"), stdout.trim());
    });

    test("an image of one platform has no manifest of an unknown one", async () => {
      await using context = await openContext({ Dockerfile: "FROM scratch\nCOPY Dockerfile /\n" });
      const { code, stdout, stderr } = await depot(["build", "-o", "type=oci,dest=-", "."], { cwd: context.path });
      assert.equal(code, 0, stderr);
      assert.doesNotMatch(stdout, /"unknown"/);
      assert.equal(stdout.match(/"manifests":\[(\{[^\]]*)\]/)?.[1]?.match(/"mediaType"/g)?.length, 1);
    });

    test("unknown projects and wrong tokens are told with a hint", async () => {
      await using context = await openContext({ Dockerfile: "FROM scratch\nCOPY Dockerfile /\n" });
      const unknown = await depot(["build", "."], { cwd: context.path, env: { DEPOT_PROJECT_ID: "app" } });
      const wrong = await depot(["build", "."], { cwd: context.path, env: { DEPOT_TOKEN: "odu_wrong" } });

      assert.deepEqual([unknown.code, wrong.code], [1, 1]);
      assert.match(unknown.stderr, new RegExp(`hint: that is a name; its ID is ${projectId}`));
      assert.match(wrong.stderr, /error: [\s\S]*token[\s\S]*hint: /);
    });

    test("resetting the cache makes the next build run every step again", async () => {
      await using context = await openContext({ Dockerfile: `${BASE}RUN echo reset-me\n` });
      const args = ["build", "--progress", "plain", "-o", "type=cacheonly", "."];
      await depot(args, { cwd: context.path });

      const reset = await depot(["cache", "reset"]);
      const again = await depot(args, { cwd: context.path });

      assert.deepEqual([reset.code, reset.stdout, again.code], [0, "", 0], reset.stderr + again.stderr);
      assert.doesNotMatch(again.stderr, /CACHED/);
    });

    test("projects are made, shown, changed and deleted", async () => {
      const created = await depot([
        "projects",
        "create",
        "second",
        "--cache-storage-policy",
        "70",
        "--cache-policy-keep-days",
        "0",
      ]);
      const id = /Project ID:\s+(\S+)/.exec(created.stdout)?.[1] ?? "";
      assert.match(created.stdout, /70 GB per architecture, no limit of age/);

      const updated = await depot(["projects", "update", id, "--name", "renamed", "--output", "json"]);
      assert.equal((JSON.parse(updated.stdout) as { name: string }).name, "renamed");
      const unsure = await depot(["projects", "delete", "--project-id", id]);
      assert.match(unsure.stderr, /hint: confirm with --yes/);
      assert.equal((await depot(["projects", "delete", "-p", id, "-y"])).code, 0);
      assert.doesNotMatch((await depot(["list", "projects"])).stdout, new RegExp(id));
    });
  });
}
