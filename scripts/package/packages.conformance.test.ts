import assert from "node:assert/strict";
import { globSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, suite, test } from "node:test";
import { FakeRegistry } from "@opendepot/registry-client/testing";
import { runProgram, startTestPostgres } from "@opendepot/testing";
import { root } from "./house.ts";
import { makePackages } from "./packages.ts";
import { PUBLISHED } from "./published.ts";
import { checkedExample, readExample } from "./readme-example.ts";

/** Their examples need an engine; they are run beside the code. */
const NEED_ENGINE = ["buildkit"];
const LIMIT_MS = 8 * 60_000;

suite("the packages, installed from their tarballs into an empty folder", () => {
  let folder = "";
  const placeOf = (room: string): string => join(folder, "node_modules/@opendepot", room);
  const exampleOf = async (room: string): Promise<string> => {
    const example = readExample(await readFile(join(placeOf(room), "README.md"), "utf8"));
    assert.ok(example, `the README of ${room} has no example`);
    return example;
  };
  const run = async (name: string, text: string): Promise<void> => {
    await writeFile(join(folder, name), text);
    const { code, stderr } = await runProgram([process.execPath, name], { cwd: folder });
    assert.equal(code, 0, stderr);
  };

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "od-consumer-"));
    const tarballs = await makePackages(join(folder, "tarballs"), () => undefined);
    await writeFile(join(folder, "package.json"), JSON.stringify({ private: true, type: "module" }));
    const flags = ["--prefer-offline", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
    const files = tarballs.map((name) => `./tarballs/${name}`);
    const { code, stderr } = await runProgram(["npm", "install", ...flags, ...files], {
      cwd: folder,
      signal: AbortSignal.timeout(LIMIT_MS),
    });
    assert.equal(code, 0, stderr);
  });
  after(() => rm(folder, { recursive: true, force: true }));

  for (const room of PUBLISHED) {
    test(`${room} brings built code with types, README and licence, and nothing for tests`, () => {
      const files = globSync("**/*", { cwd: placeOf(room), exclude: (path) => path.includes("node_modules") });

      for (const name of ["README.md", "LICENSE", "package.json", "dist/index.js", "dist/index.d.ts"])
        assert.ok(files.includes(name), `${name} is missing`);
      assert.deepEqual(
        files.filter((name) => /(?<!\.d)\.ts$|\.test\.|testing|testdata|tsbuildinfo/.test(name)),
        [],
      );
    });
  }

  test("every subpath can be imported by a Node.js that strips no types", async () => {
    const subpaths: string[] = [];
    for (const room of PUBLISHED) {
      const { name, exports } = JSON.parse(await readFile(join(placeOf(room), "package.json"), "utf8"));
      subpaths.push(...Object.keys(exports).map((subpath) => name + subpath.slice(1)));
    }
    const lines = subpaths.map(
      (name) => `if (Object.keys(await import("${name}")).length === 0) throw new Error("${name}");`,
    );

    assert.ok(subpaths.includes("@opendepot/buildkit/wire"));
    await run("imports.mjs", lines.join("\n"));
  });

  for (const room of PUBLISHED.filter((name) => !NEED_ENGINE.includes(name))) {
    test(`the example in the README of ${room} runs, and gives what its comments say`, async () => {
      await using registry = await FakeRegistry.start();
      await using postgres = await startTestPostgres();
      const example = (await exampleOf(room))
        .replace("registry.example.org", registry.host)
        .replace("postgres://localhost/registry", postgres.connectionString);

      await run(`${room}.ts`, checkedExample(example));
    });
  }

  test("all examples type-check against the published types, which are sound themselves", async () => {
    const sources = join(folder, "typed");
    await mkdir(sources);
    for (const room of PUBLISHED)
      await writeFile(join(sources, `${room}.ts`), `${await exampleOf(room)}\nexport {};\n`);
    const compilerOptions = {
      strict: true,
      noEmit: true,
      target: "esnext",
      lib: ["es2024", "esnext.disposable", "dom"],
      module: "nodenext",
      types: ["node"],
      typeRoots: [join(root, "node_modules/@types")],
    };
    await writeFile(join(sources, "tsconfig.json"), JSON.stringify({ compilerOptions, include: ["*.ts"] }));

    const tsc = join(root, "node_modules/typescript/bin/tsc");
    const { code, stdout } = await runProgram([process.execPath, tsc, "-p", sources], {
      cwd: folder,
      signal: AbortSignal.timeout(LIMIT_MS),
    });

    assert.equal(code, 0, stdout);
  });
});
