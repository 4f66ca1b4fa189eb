import assert from "node:assert/strict";
import { after, before, suite, test } from "node:test";
import { testEngineKinds } from "@opendepot/testing";
import { openContext } from "./open-context.ts";
import { openDepot, type TestDepot } from "./open-depot.ts";

const DOCKERFILE = `FROM scratch AS base
FROM base AS app
# where from
ARG SOURCE
RUN --mount=type=secret,id=token,required=true --mount=type=ssh true
FROM base as odd
COPY Dockerfile /
`;

for (const engine of await testEngineKinds()) {
  suite(`questions of depot build to a Dockerfile on ${engine}`, () => {
    let depot: TestDepot;
    before(async () => {
      depot = await openDepot(engine);
    });
    after(() => depot[Symbol.asyncDispose]());

    test("outline tells arguments, secrets and agents", async () => {
      await using context = await openContext({ Dockerfile: DOCKERFILE });
      const asked = { cwd: context.path };

      const text = await depot.build(["--call", "outline", "--target", "app", "."], asked);
      const json = await depot.build(["--call", "outline,format=json", "--target", "app", "."], asked);

      assert.match(text.stdout, /TARGET:\s+app/);
      assert.match(text.stdout, /BUILD ARG[\s\S]*SOURCE/);
      const outline = JSON.parse(json.stdout) as { name: string; secrets: { name: string }[]; ssh: { name: string }[] };
      assert.equal(outline.name, "app");
      assert.deepEqual([outline.secrets[0]?.name, outline.ssh[0]?.name], ["token", "default"]);
    });

    test("targets tells the stages", async () => {
      await using context = await openContext({ Dockerfile: DOCKERFILE });

      const text = await depot.build(["--call=targets", "."], { cwd: context.path });
      const json = await depot.build(["--call=targets,format=json", "."], { cwd: context.path });

      assert.match(text.stdout, /odd \(default\)/);
      const { targets } = JSON.parse(json.stdout) as { targets: { name: string }[] };
      assert.deepEqual(
        targets.map(({ name }) => name),
        ["base", "app", "odd"],
      );
    });

    test("check ends with 1 when it finds something, and builds nothing", async () => {
      await using odd = await openContext({ Dockerfile: DOCKERFILE });
      await using clean = await openContext({ Dockerfile: "FROM scratch\nCOPY Dockerfile /\n" });

      const found = await depot.run(["build", "--check", "."], { cwd: odd.path });
      const json = await depot.run(["build", "--call=check,format=json", "."], { cwd: odd.path });
      const ignored = await depot.run(["build", "--call=check,ignorestatus=true", "."], { cwd: odd.path });
      const none = await depot.run(["build", "--check", "."], { cwd: clean.path });

      assert.deepEqual([found.code, json.code, ignored.code, none.code], [1, 1, 0, 0], none.stderr);
      assert.match(found.stdout, /FromAsCasing/);
      const { warnings } = JSON.parse(json.stdout) as { warnings: { ruleName: string }[] };
      assert(warnings.some(({ ruleName }) => ruleName === "FromAsCasing"));
      assert.match(none.stdout, /no warnings found/i);
    });

    test("lint stops a build from the level that it is told", async () => {
      await using context = await openContext({ Dockerfile: DOCKERFILE });
      const lint = ["build", "--progress", "plain", "--lint", "."];

      const passed = await depot.run(lint, { cwd: context.path });
      const stopped = await depot.run([...lint, "--lint-fail-on", "info"], { cwd: context.path });

      assert.deepEqual([passed.code, stopped.code], [0, 1], passed.stderr);
      assert.match(stopped.stderr, /FromAsCasing/);
      assert.doesNotMatch(stopped.stderr, /COPY Dockerfile \/\n#\d+ DONE/);
    });
  });
}
