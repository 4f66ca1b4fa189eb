import assert from "node:assert/strict";
import { chmod, mkdtempDisposable, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { test } from "node:test";
import { isProblem, type Problem, silentLogger } from "@opendepot/base";
import { type FindEngineOptions, findEngine } from "./find-engine.ts";

const BUILDKITD = "buildkitd github.com/moby/buildkit v0.32.2 abc";
const DOCKERD = "Docker version 29.6.0, build abc";

/** A folder with programs that print their version; PATH leads there and nowhere else. */
async function machine(programs: Readonly<Record<string, string>>): Promise<FindEngineOptions & AsyncDisposable> {
  const folder = await mkdtempDisposable(path.join(tmpdir(), "od-path-"));
  for (const [name, says] of Object.entries(programs)) {
    const file = path.join(folder.path, name);
    await writeFile(file, `#!/bin/sh\necho "${says}"\n`);
    await chmod(file, 0o755);
  }
  return {
    path: folder.path,
    env: {},
    installFolder: path.join(folder.path, "engine"),
    install: false,
    logger: silentLogger,
    signal: AbortSignal.timeout(10_000),
    [Symbol.asyncDispose]: () => folder.remove(),
  };
}

async function problemOf(options: FindEngineOptions): Promise<Problem> {
  return findEngine(options).then(
    (engine) => assert.fail(`found ${engine.command}`),
    (error: unknown) => {
      assert.ok(isProblem(error));
      return error;
    },
  );
}

test("buildkitd on the PATH comes before a Docker Engine", async () => {
  await using options = await machine({ buildkitd: BUILDKITD, runc: "runc", dockerd: DOCKERD, containerd: "", ip: "" });

  const engine = await findEngine(options);

  assert.equal(engine.kind, "buildkitd");
  assert.equal(engine.version, "0.32.2");
});

test("a configured engine comes before everything", async () => {
  await using options = await machine({ buildkitd: BUILDKITD, runc: "", mydockerd: DOCKERD, containerd: "", ip: "" });

  const engine = await findEngine({ ...options, configured: path.join(options.path, "mydockerd") });

  assert.equal(engine.kind, "dockerd");
  assert.equal(engine.version, "29.6.0");
});

test("a configured engine that is not there, or is something else, is never replaced by another", async () => {
  await using options = await machine({ buildkitd: BUILDKITD, runc: "", something: "hello" });

  const missing = await problemOf({ ...options, configured: "/nonexistent/buildkitd" });
  const other = await problemOf({ ...options, configured: path.join(options.path, "something") });

  assert.equal(missing.code, "engine_missing");
  assert.match(missing.message, /\/nonexistent\/buildkitd/);
  assert.equal(other.code, "engine_missing");
});

test("without any engine the three ways to one are named", async () => {
  await using options = await machine({});
  // The folders that are always looked in may hold an engine of this very machine.
  const problem = await problemOf({ ...options, kind: "buildkitd" });

  assert.equal(problem.code, "engine_missing");
  assert.match(problem.hint ?? "", /buildkitd and runc on PATH/);
  assert.match(problem.hint ?? "", /settings/);
  assert.match(problem.hint ?? "", /as root on Debian or Ubuntu/);
});

test("an engine that is too old is refused with the version that would do", async () => {
  await using options = await machine({ buildkitd: "buildkitd github.com/moby/buildkit v0.10.6 abc", runc: "" });

  const problem = await problemOf(options);

  assert.equal(problem.code, "engine_too_old");
  assert.match(problem.message, /0\.10\.6/);
  assert.match(problem.hint ?? "", /0\.11\.0/);
});

test("what a person should know of an engine comes with it", async () => {
  await using old = await machine({ buildkitd: "buildkitd github.com/moby/buildkit v0.31.1 abc", runc: "" });

  const engine = await findEngine(old);

  assert.ok(engine.warnings.some((warning) => warning.includes("published escapes")));
});
