import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { isProblem } from "@opendepot/base";
import { type BuildContext, type ContextSpec, resolveContext } from "./context.ts";
import type { StdinContent } from "./stdin.ts";

async function openTree(files: readonly string[]): Promise<AsyncDisposable & { path: string }> {
  const path = await mkdtemp(join(tmpdir(), "depot-context-"));
  for (const file of files) {
    await mkdir(join(path, file, ".."), { recursive: true });
    await writeFile(join(path, file), "FROM scratch\n");
  }
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true }) };
}

const noStdin = async (): Promise<StdinContent> => assert.fail("nobody asked for stdin");

function resolveIn(cwd: string, spec: Partial<ContextSpec>, stdin?: StdinContent): Promise<BuildContext> {
  const readStdin = stdin === undefined ? noStdin : async (): Promise<StdinContent> => stdin;
  return resolveContext({ path: ".", named: {}, ...spec }, { cwd, readStdin });
}

test("the Dockerfile of the context is the default, and --file is relative to the working folder", async () => {
  await using tree = await openTree(["app/Dockerfile", "docker/app.Dockerfile", "app/docker/Dockerfile"]);

  const plain = await resolveIn(tree.path, { path: "app" });
  const named = await resolveIn(tree.path, { path: "app", dockerfile: "docker/app.Dockerfile" });

  assert.deepEqual(plain, {
    source: { kind: "folder", path: join(tree.path, "app") },
    dockerfile: { kind: "file", folder: join(tree.path, "app"), name: "Dockerfile" },
    named: {},
  });
  assert.deepEqual(named.dockerfile, { kind: "file", folder: join(tree.path, "docker"), name: "app.Dockerfile" });
});

test("dockerfile is taken where Dockerfile is missing", async () => {
  await using tree = await openTree(["dockerfile"]);
  const { dockerfile } = await resolveIn(tree.path, {});
  assert.deepEqual(dockerfile, { kind: "file", folder: tree.path, name: "dockerfile" });
});

test("a missing Dockerfile hints at what is there", async () => {
  await using tree = await openTree(["app/prod.Dockerfile", "app/prod.Dockerfile.dockerignore"]);

  await assert.rejects(
    resolveIn(tree.path, { path: "app" }),
    (error) => isProblem(error, "dockerfile_missing") && /app\/prod\.Dockerfile:/.test(error.hint ?? ""),
  );
  await assert.rejects(
    resolveIn(tree.path, { path: "app", dockerfile: "prod.Dockerfile" }),
    (error) =>
      isProblem(error, "dockerfile_missing") &&
      error.hint?.endsWith(`--file ${join(tree.path, "app/prod.Dockerfile")}`) === true,
  );
});

test("contexts that are missing or no folders are refused", async () => {
  await using tree = await openTree(["Dockerfile"]);
  const codeOf = async (path: string): Promise<string> => {
    const error: unknown = await resolveIn(tree.path, { path }).catch((thrown: unknown) => thrown);
    return isProblem(error) ? error.code : String(error);
  };

  assert.deepEqual(await Promise.all(["missing", "Dockerfile", "Dockerfile/x", ""].map(codeOf)), [
    "context_missing",
    "context_not_folder",
    "context_missing",
    "context_missing",
  ]);
});

test("what is no folder of this machine is fetched by the builder", async () => {
  await using tree = await openTree(["Dockerfile", "own.Dockerfile"]);
  const repository = "https://github.com/a/b.git#main:sub";
  const resolve = (spec: Partial<ContextSpec>): Promise<BuildContext> => resolveIn(tree.path, spec);

  assert.deepEqual(await resolve({ path: repository }), {
    source: { kind: "url", url: repository },
    dockerfile: { kind: "in-context", name: undefined },
    named: {},
  });
  for (const path of ["git@github.com:a/b", "github.com/a/b", "ssh://git@x/y", "http://x/ctx.tar.gz"]) {
    assert.deepEqual((await resolve({ path })).source, { kind: "url", url: path });
  }
  const inside = await resolve({ path: repository, dockerfile: "docker/x" });
  assert.deepEqual(inside.dockerfile, { kind: "in-context", name: "docker/x" });
  const own = await resolve({ path: repository, dockerfile: join(tree.path, "own.Dockerfile") });
  assert.deepEqual(own.dockerfile, { kind: "file", folder: tree.path, name: "own.Dockerfile" });
  const remote = await resolve({ dockerfile: "https://x/Dockerfile" });
  assert.deepEqual(remote.dockerfile, { kind: "url", url: "https://x/Dockerfile" });
});

test("stdin is the context or the Dockerfile, and never both", async () => {
  await using tree = await openTree(["Dockerfile"]);
  const text = Buffer.from("FROM scratch");
  const stream = (async function* (): AsyncGenerator<Uint8Array> {})();
  const codeOf = async (spec: Partial<ContextSpec>, stdin: StdinContent): Promise<string> => {
    const error: unknown = await resolveIn(tree.path, spec, stdin).catch((thrown: unknown) => thrown);
    return isProblem(error) ? error.code : String(error);
  };

  const alone = await resolveIn(tree.path, { path: "-" }, { kind: "text", text });
  const archive = await resolveIn(tree.path, { path: "-", dockerfile: "sub/D" }, { kind: "archive", stream });
  const beside = await resolveIn(tree.path, { dockerfile: "-" }, { kind: "text", text });

  assert.deepEqual([alone.source, alone.dockerfile], [{ kind: "empty" }, { kind: "text", text }]);
  assert.deepEqual(archive.source, { kind: "archive", stream });
  assert.deepEqual(archive.dockerfile, { kind: "in-context", name: "sub/D" });
  assert.deepEqual([beside.source.kind, beside.dockerfile], ["folder", { kind: "text", text }]);
  assert.equal(await codeOf({ path: "-", dockerfile: "-" }, { kind: "text", text }), "flag_conflict");
  assert.equal(await codeOf({ path: "-", dockerfile: "x" }, { kind: "text", text }), "flag_conflict");
  assert.equal(await codeOf({ dockerfile: "-" }, { kind: "archive", stream }), "dockerfile_unreadable");
});

test("named contexts are folders, images, repositories or layouts", async () => {
  await using tree = await openTree(["Dockerfile", "lib/x"]);
  const { named } = await resolveIn(tree.path, {
    named: {
      lib: "lib",
      base: "docker-image://alpine",
      repo: "https://x/y.git",
      layout: "oci-layout://lib:1",
    },
  });
  assert.deepEqual(named, {
    lib: { kind: "folder", path: join(tree.path, "lib") },
    base: { kind: "reference", value: "docker-image://alpine" },
    repo: { kind: "reference", value: "https://x/y.git" },
    layout: { kind: "oci-layout", layout: { folder: join(tree.path, "lib"), tag: "1", digest: undefined } },
  });
  await assert.rejects(
    resolveIn(tree.path, { named: { lib: "dockerimage://x" } }),
    (error) => isProblem(error, "context_missing") && /docker-image:/.test(error.hint ?? ""),
  );

  await assert.rejects(resolveIn(tree.path, { path: ".", named: { lib: "nope" } }), (error) =>
    isProblem(error, "context_missing"),
  );
});
