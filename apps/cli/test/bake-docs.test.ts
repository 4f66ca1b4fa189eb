import assert from "node:assert/strict";
import { mkdtempDisposableSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { runDepot } from "./run-depot.ts";

const page = readFileSync(join(import.meta.dirname, "../../../docs/bake.md"), "utf8");

interface Printed {
  readonly group: { readonly default: { readonly targets: readonly string[] } };
  readonly target: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

async function printExample(
  language: string,
  name: string,
  args: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
): Promise<Printed> {
  using folder = mkdtempDisposableSync(join(tmpdir(), "bake-docs-"));
  const [, text = ""] = new RegExp(`\`\`\`${language}\n([^]*?)\`\`\``).exec(page) ?? [];
  writeFileSync(join(folder.path, name), text);
  const { code, stdout, stderr } = await runDepot(["bake", "--print", ...args], { cwd: folder.path, env });
  assert.equal(code, 0, stderr);
  return JSON.parse(stdout) as Printed;
}

test("the page's bake file is one, and its commands do what they say", async () => {
  const plain = await printExample("hcl", "docker-bake.hcl");
  assert.deepEqual(plain.group.default.targets, ["app", "worker"]);
  assert.deepEqual(plain.target["worker"]?.["contexts"], { app: "target:app" });

  const tagged = await printExample("hcl", "docker-bake.hcl", [], { TAG: "v2.0" });
  assert.deepEqual(tagged.target["app"]?.["tags"], ["myrepo/app:v2.0"]);

  const set = ["--var", "TAG=v2.0", "--set", "*.args.NODE_VERSION=22", "app"];
  const app = (await printExample("hcl", "docker-bake.hcl", set)).target["app"];
  assert.deepEqual([app?.["tags"], app?.["args"]], [["myrepo/app:v2.0"], { NODE_VERSION: "22" }]);
});

test("the page's Compose file is one, with a project for each service", async () => {
  const { target } = await printExample("yaml", "compose.yaml");
  const projects = Object.entries(target).map(([name, fields]) => [name, fields["project_id"]]);
  assert.deepEqual(projects, [
    ["api", "abc123"],
    ["web", "def456"],
  ]);
});
