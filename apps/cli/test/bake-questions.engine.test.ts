import assert from "node:assert/strict";
import { after, before, suite, test } from "node:test";
import { startTestEngine, type TestEngine, testEngineKinds } from "@opendepot/testing";
import { openContext } from "./open-context.ts";
import { type DepotOutcome, runDepot } from "./run-depot.ts";

const FILES = {
  "docker-bake.hcl": `
    group "default" { targets = ["app", "worker"] }
    target "app" { platforms = ["linux/amd64", "linux/arm64"] }
    target "worker" {
      dockerfile = "Dockerfile.worker"
      contexts   = { base = "target:app" }
    }`,
  Dockerfile: "FROM scratch\nCOPY Dockerfile /app\n",
  "Dockerfile.worker": "FROM base as worker\nCOPY Dockerfile /worker\n",
};

for (const kind of await testEngineKinds()) {
  suite(`depot bake straight on ${kind}`, () => {
    let engine: TestEngine;
    before(async () => {
      engine = await startTestEngine({ kind });
    });
    after(() => engine?.[Symbol.asyncDispose]());
    const bake = async (...args: string[]): Promise<DepotOutcome> => {
      await using context = await openContext(FILES);
      if (engine.endpoint.kind === "tcp") throw new Error("test engines listen on sockets");
      const address = `${engine.endpoint.kind}://${engine.endpoint.path}`;
      return await runDepot(["bake", "--progress", "plain", "--buildkit-address", address, ...args], {
        cwd: context.path,
      });
    };

    test("a target whose user is built for fewer platforms does not wait for it", async () => {
      const built = await bake();
      assert.equal(built.code, 0, built.stderr);
    });

    test("linked targets can be checked, and linted before they are built", async () => {
      const checked = await bake("--check");
      const linted = await bake("--lint", "--lint-fail-on", "none");

      assert.equal(checked.code, 1, checked.stderr);
      assert.match(checked.stdout, /^app\n[\s\S]*no warnings found[\s\S]*\nworker\n[\s\S]*FromAsCasing/m);
      assert.equal(linted.code, 0, linted.stderr);
      assert.match(linted.stderr, /FromAsCasing/);
    });
  });
}
