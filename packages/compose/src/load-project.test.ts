// biome-ignore-all lint/suspicious/noTemplateCurlyInString: this is how compose files write variables
import assert from "node:assert/strict";
import { test } from "node:test";
import { type ComposeProject, type LoadComposeOptions, loadComposeProject, readDepotProject } from "./index.ts";
import { MemoryFiles } from "./testing/memory-files.ts";

interface LoadInput extends Partial<LoadComposeOptions> {
  readonly files?: Readonly<Record<string, string>>;
  readonly variables?: Readonly<Record<string, string>>;
}

function load(
  text: string | readonly string[],
  { files = {}, variables = {}, ...options }: LoadInput = {},
): ComposeProject {
  const inputs = [text].flat().map((content, index) => ({ name: `file${index + 1}.yml`, content }));
  const { readFile, isDirectory } = new MemoryFiles(files);
  const environment = new Map(Object.entries(variables));
  return loadComposeProject(inputs, { workingDir: "/work", environment, readFile, isDirectory, ...options });
}

function names(project: ComposeProject): string[] {
  return [...project.services.keys()];
}

test("extensions are kept, under build and beside it, with variables put in", () => {
  const project = load(
    "services: {web: {x-depot: {project-id: beside}, build: {context: ., x-depot: {project-id: '${ID}'}, x-bake: {tags: [a]}}}}",
    { variables: { ID: "under" } },
  );

  const web = project.services.get("web");

  assert.equal(readDepotProject(web?.extensions ?? new Map()), "beside");
  assert.equal(readDepotProject(web?.build?.extensions ?? new Map()), "under");
  assert.deepEqual(web?.build?.extensions.get("x-bake"), new Map([["tags", ["a"]]]));
});

test("extensions merge with the files and through extends", () => {
  const base = "services: {base: {build: {context: ., x-depot: {project-id: one}}}, web: {extends: base}}";
  const over = "services: {web: {build: {x-depot: {project-id: two}, x-bake: {platforms: [a]}}}}";

  const build = load([base, over]).services.get("web")?.build;

  assert.equal(readDepotProject(build?.extensions ?? new Map()), "two");
  assert.deepEqual([...(build?.extensions.keys() ?? [])], ["x-depot", "x-bake"]);
});

test("services are in file order, and only those whose profile is on", () => {
  const text = "services: {z: {image: z}, a: {image: a, profiles: [one, two]}, m: {image: m, profiles: [three]}}";

  assert.deepEqual(names(load(text)), ["z", "a", "m"]);
  assert.deepEqual(names(load(text, { profiles: ["two"] })), ["z", "a"]);
  assert.deepEqual(names(load(text, { profiles: [] })), ["z"]);
});

test("the name comes from the last file that has one, else from the options", () => {
  assert.equal(load("services: {a: {image: a}}").name, "bake");
  assert.equal(load("services: {a: {image: a}}", { projectName: "shop" }).name, "shop");
  const project = load(["name: one\nservices: {a: {image: a}}", "name: two-${V}"], { variables: { V: "x" } });
  assert.equal(project.name, "two-x");
  assert.equal(project.environment.get("COMPOSE_PROJECT_NAME"), "two-x");
});

test("an environment is resolved from the project and from env files, in this order", () => {
  const text = "services: {web: {image: i, env_file: [a.env, {path: b.env}], environment: [OWN=1, PROJECT, NOWHERE]}}";
  const files = { "a.env": "OWN=file\nA=a\nB=a", "b.env": "B=b-${A}-${PROJECT}-${OWN}" };

  const project = load(text, { files, variables: { PROJECT: "p" } });

  assert.deepEqual(Object.fromEntries(project.services.get("web")?.environment ?? []), {
    OWN: "1",
    PROJECT: "p",
    NOWHERE: undefined,
    A: "a",
    B: "b-a-p-1",
  });
});

test("a home directory is put in where one is given", () => {
  const text = "services: {web: {build: {context: ~/web, ssh: [key=~/.ssh/id]}}}";

  const at = (homeDir: string | undefined): unknown => {
    const build = load(text, { homeDir }).services.get("web")?.build;
    return [build?.context, build?.ssh];
  };

  assert.deepEqual(at("/home/me"), ["/home/me/web", [{ id: "key", path: "/home/me/.ssh/id" }]]);
  assert.deepEqual(at(undefined), ["~/web", [{ id: "key", path: "~/.ssh/id" }]]);
});

test("included projects have their own directory, environment and paths", () => {
  const files = {
    "lib/compose.yml": "include: [deep/more.yml]\nservices: {lib: {build: './src-${V}'}}\nsecrets: {s: {file: ./s}}",
    "lib/.env": "V=lib",
    "lib/deep/more.yml": "services: {more: {build: {additional_contexts: {x: ../x}}}}",
  };

  const project = load("include: [lib/compose.yml]\nservices: {web: {build: '${V:-none}'}}", { files });

  assert.deepEqual(names(project).sort(), ["lib", "more", "web"]);
  assert.equal(project.services.get("web")?.build?.context, "none");
  assert.equal(project.services.get("lib")?.build?.context, "lib/src-lib");
  // compose-go puts the directory before relative paths at each level.
  assert.deepEqual(project.services.get("more")?.build?.additionalContexts, new Map([["x", "lib/lib/x"]]));
  assert.equal(project.secrets.get("s")?.file, "lib/s");
});

test("a circle of includes is told with the files on it", () => {
  const files = { "a.yml": "include: [b.yml]", "b.yml": "include: [a.yml]" };

  assert.throws(() => load("include: [a.yml]", { files }), {
    code: "compose_cycle",
    message: "include cycle detected:\nfile1.yml\n include a.yml\n include b.yml\n include a.yml",
  });
});

test("a circle of extends across files is told with the services on it", () => {
  const files = {
    "b.yml": "services: {b: {extends: {file: c.yml, service: c}}}",
    "c.yml": "services: {c: {extends: {file: b.yml, service: b}}}",
  };

  assert.throws(() => load("services: {a: {extends: {file: b.yml, service: b}}}", { files }), {
    code: "compose_cycle",
    message: /^Circular reference:\n {2}a in b\.yml\n {2}extends b in c\.yml\n {2}extends c in b\.yml\n/,
  });
});

test("a service that was extended is not changed by the one that extends it", () => {
  const project = load("services: {base: {build: {args: {A: 1}}}, web: {extends: base, build: {args: {B: 2}}}}");

  assert.deepEqual([...(project.services.get("base")?.build?.args ?? [])], [["A", "1"]]);
  assert.deepEqual(
    [...(project.services.get("web")?.build?.args ?? [])],
    [
      ["A", "1"],
      ["B", "2"],
    ],
  );
});

test("reset reaches into the service that is extended", () => {
  const project = load(
    "services: {base: {build: {target: t, tags: [a]}}, web: {extends: base, build: {target: !reset '', tags: !override [b]}}}",
  );

  const build = project.services.get("web")?.build;
  assert.equal(build?.target, "");
  assert.deepEqual(build?.tags, ["b"]);
});

test("variables that are not set are told", () => {
  const warnings: string[] = [];

  load("services: {web: {image: 'web$NOWHERE'}}", { onWarning: (message) => warnings.push(message) });

  assert.deepEqual(warnings, ['The "NOWHERE" variable is not set. Defaulting to a blank string.']);
});

test("checks across services can be left out", () => {
  assert.deepEqual(names(load("services: {web: {}}", { skipConsistencyCheck: true })), ["web"]);
  assert.throws(() => load("services: {web: {}}"), {
    code: "compose_invalid",
    message: 'service "web" has neither an image nor a build context specified: invalid compose project',
  });
});

test("an error of the reader is not touched", () => {
  const refused = new Error("refused");
  const readFile = (): never => {
    throw refused;
  };

  assert.throws(() => load("include: [a.yml]", { readFile }), refused);
});

test("a directory is not a file", () => {
  assert.throws(() => load("include: [sub]", { files: { "sub/x": "" } }), {
    code: "compose_file",
    message: "read sub: is a directory",
  });
});

test("no file, an empty one and one that is too large are problems", () => {
  assert.throws(() => load([]), { code: "compose_invalid", message: "no compose file specified" });
  assert.throws(() => load(""), { code: "compose_invalid", message: "empty compose file" });
  assert.throws(() => load(" ".repeat(17 * 1024 * 1024)), { code: "compose_limit" });
});

test("a file that is no text is told with the place", () => {
  const content = Buffer.concat([Buffer.from("a: b\nc: "), Buffer.from([0xff, 0x41])]);

  assert.throws(
    () =>
      loadComposeProject([{ name: "f.yml", content }], {
        workingDir: "/",
        environment: new Map(),
        readFile: () => undefined,
      }),
    { code: "compose_syntax", message: "failed to parse f.yml: yaml: offset 8: invalid leading UTF-8 octet" },
  );
});

test("chains of includes and extends have an end", () => {
  const chain = Object.fromEntries(
    Array.from({ length: 300 }, (_, index) => [`${index}.yml`, `include: [${index + 1}.yml]`]),
  );
  assert.throws(() => load("include: [0.yml]", { files: chain }), { code: "compose_limit" });

  const services = Array.from({ length: 1000 }, (_, index) => `s${index}: {extends: s${index + 1}}`).join(", ");
  assert.throws(() => load(`services: {${services}, s1000: {image: i}}`), { code: "compose_limit" });
});
