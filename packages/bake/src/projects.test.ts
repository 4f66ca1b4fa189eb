import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { type BakeDefinition, type BakeFile, readBakeDefinition, resolveTargets } from "./index.ts";

function read(files: readonly BakeFile[], environment = new Map<string, string>()): Promise<BakeDefinition> {
  return readBakeDefinition(files, {
    environment,
    variables: new Map(),
    dotenv: undefined,
    workingDir: "/work/My App",
    commandContext: "cwd://",
    host: { platform: "linux", arch: "arm64" },
    functions: { now: () => 0, homeDirectory: () => "/root", randomBytes: (size) => new Uint8Array(size) },
    readFile: () => undefined,
  });
}

const projectsOf = ({ targets }: BakeDefinition) => targets.map((target) => [target.name, target.project_id]);

suite("projects", () => {
  test("targets name their project, and inherit it", async () => {
    const text = `
      target "base" { project_id = "p1" }
      target "app" { inherits = ["base"] }
      target "own" {
        inherits = ["base"]
        project_id = "p2"
      }
      target "kept" {
        inherits = ["base"]
        project_id = ""
      }`;
    const definition = await read([{ name: "docker-bake.hcl", text }]);
    const { targets } = resolveTargets(definition, ["app", "own", "kept"], { variable: () => undefined });
    assert.deepEqual(
      [...targets.values()].map((target) => target.project_id),
      ["p1", "p2", "p1"],
    );
  });

  test("services name it under build or beside it", async () => {
    const text = `
services:
  a:
    build: { context: ., x-depot: { project-id: p1 } }
  b:
    build: .
    x-depot: { project-id: p2 }
  c:
    build: .
`;
    const definition = await read([{ name: "compose.yaml", text }]);
    assert.deepEqual(projectsOf(definition), [
      ["a", "p1"],
      ["b", "p2"],
      ["c", undefined],
    ]);
  });
});

suite("images of services", () => {
  const text = "services:\n  api.v1: { build: . }\n  db: { image: postgres }\n  web: { build: ., image: me/web }\n";

  test("are named as docker compose up looks for them", async () => {
    const { images } = await read([{ name: "compose.yaml", text }]);
    assert.deepEqual(
      images,
      new Map([
        ["api_v1", "myapp-api.v1"],
        ["web", "me/web"],
      ]),
    );
  });

  test("carry the name of the project", async () => {
    const named = await read([{ name: "compose.yaml", text: `name: shop\n${text}` }]);
    assert.equal(named.images.get("api_v1"), "shop-api.v1");
    const chosen = await read([{ name: "compose.yaml", text }], new Map([["COMPOSE_PROJECT_NAME", "Other"]]));
    assert.equal(chosen.images.get("api_v1"), "other-api.v1");
  });
});

test("the local platform of an ARM machine has its variant", async () => {
  const text = 'target "default" { platforms = [BAKE_LOCAL_PLATFORM] }';
  const { targets } = await read([{ name: "docker-bake.hcl", text }]);
  assert.deepEqual(targets[0]?.platforms, ["linux/arm64/v8"]);
});
