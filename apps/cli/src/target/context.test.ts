import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { isProblem } from "@opendepot/base";
import { resolveContext } from "./context.ts";

async function openTree(files: readonly string[]): Promise<AsyncDisposable & { path: string }> {
  const path = await mkdtemp(join(tmpdir(), "depot-context-"));
  for (const file of files) {
    await mkdir(join(path, file, ".."), { recursive: true });
    await writeFile(join(path, file), "FROM scratch\n");
  }
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true }) };
}

test("the Dockerfile of the context is the default, and --file is relative to the working folder", async () => {
  await using tree = await openTree(["app/Dockerfile", "docker/app.Dockerfile", "app/docker/Dockerfile"]);

  const plain = await resolveContext({ path: "app", named: {} }, tree.path);
  const named = await resolveContext({ path: "app", dockerfile: "docker/app.Dockerfile", named: {} }, tree.path);

  assert.deepEqual(plain, {
    folder: join(tree.path, "app"),
    dockerfileFolder: join(tree.path, "app"),
    dockerfileName: "Dockerfile",
    named: {},
  });
  assert.deepEqual([named.dockerfileFolder, named.dockerfileName], [join(tree.path, "docker"), "app.Dockerfile"]);
});

test("dockerfile is taken where Dockerfile is missing", async () => {
  await using tree = await openTree(["dockerfile"]);
  assert.equal((await resolveContext({ path: ".", named: {} }, tree.path)).dockerfileName, "dockerfile");
});

test("a missing Dockerfile hints at what is there", async () => {
  await using tree = await openTree(["app/prod.Dockerfile", "app/prod.Dockerfile.dockerignore"]);

  await assert.rejects(
    resolveContext({ path: "app", named: {} }, tree.path),
    (error) => isProblem(error, "dockerfile_missing") && /app\/prod\.Dockerfile:/.test(error.hint ?? ""),
  );
  await assert.rejects(
    resolveContext({ path: "app", dockerfile: "prod.Dockerfile", named: {} }, tree.path),
    (error) =>
      isProblem(error, "dockerfile_missing") &&
      error.hint?.endsWith(`--file ${join(tree.path, "app/prod.Dockerfile")}`) === true,
  );
});

test("contexts that are missing or no folders are refused", async () => {
  await using tree = await openTree(["Dockerfile"]);
  const codeOf = async (path: string): Promise<string> => {
    const error: unknown = await resolveContext({ path, named: {} }, tree.path).catch((thrown: unknown) => thrown);
    return isProblem(error) ? error.code : String(error);
  };

  assert.deepEqual(await Promise.all(["missing", "Dockerfile", "Dockerfile/x", ""].map(codeOf)), [
    "context_missing",
    "context_not_folder",
    "context_missing",
    "context_missing",
  ]);
});

test("what needs more than a local folder says that it is not there yet", async () => {
  await using tree = await openTree(["Dockerfile"]);
  const specs = [
    { path: "-", named: {} },
    { path: "https://github.com/a/b.git", named: {} },
    { path: "git@github.com:a/b", named: {} },
    { path: ".", dockerfile: "-", named: {} },
    { path: ".", dockerfile: "https://x/Dockerfile", named: {} },
    { path: ".", named: { a: "https://x/y.git" } },
    { path: ".", named: { a: "oci-layout://x" } },
  ];
  for (const spec of specs)
    await assert.rejects(resolveContext(spec, tree.path), (error) => isProblem(error, "flag_not_yet"));
});

test("named contexts are folders or images", async () => {
  await using tree = await openTree(["Dockerfile", "lib/x"]);
  const { named } = await resolveContext(
    { path: ".", named: { lib: "lib", base: "docker-image://alpine" } },
    tree.path,
  );
  assert.deepEqual(named, {
    lib: { kind: "folder", path: join(tree.path, "lib") },
    base: { kind: "reference", value: "docker-image://alpine" },
  });

  await assert.rejects(resolveContext({ path: ".", named: { lib: "nope" } }, tree.path), (error) =>
    isProblem(error, "context_missing"),
  );
});
