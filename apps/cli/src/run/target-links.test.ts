import assert from "node:assert/strict";
import { test } from "node:test";
import type { GatewayClient, GatewaySolveRequest } from "@opendepot/buildkit";
import type { BuilderArchitecture } from "./parts.ts";
import { TargetLinks } from "./target-links.ts";

/** A gateway whose results are named after what was solved. */
class NamingGateway {
  readonly solved: GatewaySolveRequest[] = [];

  async solve(request: GatewaySolveRequest): Promise<{ ref: { id: string; definition: undefined }; metadata: object }> {
    this.solved.push(request);
    return { ref: { id: `result ${this.solved.length}`, definition: undefined }, metadata: {} };
  }

  async evaluate(): Promise<void> {}
}

const both: readonly BuilderArchitecture[] = ["amd64", "arm64"];

test("a result is waited for by its users, and waits only for those on the same builder", async () => {
  const links = new TargetLinks(
    [
      { name: "app", links: new Map(), architectures: both },
      { name: "worker", links: new Map([["base", "app"]]), architectures: ["amd64"] },
    ],
    new AbortController().signal,
  );
  const gateway = new NamingGateway();
  const run = (name: string, architecture: BuilderArchitecture): Promise<unknown> | undefined =>
    links.driveOf(name, architecture)?.(gateway as unknown as GatewayClient, { frontendOpt: { name } });

  assert.equal(run("app", "arm64"), undefined, "nobody has to do with it there");
  const worker = run("worker", "amd64");
  assert.equal(gateway.solved.length, 0);
  await Promise.all([worker, run("app", "amd64")]);

  assert.deepEqual(
    gateway.solved.map(({ frontendOpt }) => frontendOpt?.["name"]),
    ["app", "worker"],
  );
  assert.equal(gateway.solved[1]?.frontendOpt?.["context:base"], "input:app");
});

test("nobody waits for a target that has failed", async () => {
  const stop = new AbortController();
  const links = new TargetLinks(
    [
      { name: "app", links: new Map(), architectures: ["amd64"] },
      { name: "worker", links: new Map([["base", "app"]]), architectures: ["amd64"] },
    ],
    stop.signal,
  );
  const worker = links.driveOf("worker", "amd64")?.(new NamingGateway() as unknown as GatewayClient, {});
  stop.abort(new Error("app failed"));
  await assert.rejects(async () => worker, /app failed/);
});
