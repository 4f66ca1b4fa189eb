import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { isProblem } from "@opendepot/base";
import { findProjectFile, resolveProject } from "./project.ts";

async function openTree(files: Readonly<Record<string, string>>): Promise<AsyncDisposable & { path: string }> {
  const path = await mkdtemp(join(tmpdir(), "depot-project-"));
  for (const [name, text] of Object.entries(files)) {
    await mkdir(join(path, name, ".."), { recursive: true });
    await writeFile(join(path, name), text);
  }
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true }) };
}

test("the flag comes before the environment, which comes before files", async () => {
  await using tree = await openTree({ "depot.json": '{"id":"file"}' });
  const folders = [tree.path];

  assert.equal((await resolveProject({ flag: "flag", environment: { DEPOT_PROJECT_ID: "env" }, folders })).id, "flag");
  assert.equal((await resolveProject({ flag: "", environment: { DEPOT_PROJECT_ID: "env" }, folders })).id, "env");
  assert.equal((await resolveProject({ environment: {}, folders })).id, "file");
});

test("files are searched upwards and the nearest one counts", async () => {
  await using tree = await openTree({
    "depot.json": '{"id":"top"}',
    "a/depot.yml": "# ours\nid: 'middle'\n",
    "a/b/c/Dockerfile": "",
    "x/y/Dockerfile": "",
    "z/depot.yaml": "id: last\n",
  });
  const idAt = async (folder: string): Promise<string | undefined> =>
    (await findProjectFile(join(tree.path, folder)))?.id;

  assert.deepEqual(await Promise.all(["a/b/c", "x/y", "z", "not/there"].map(idAt)), ["middle", "top", "last", "top"]);
});

test("several projects are told of and the last one is taken", async () => {
  await using tree = await openTree({ "a/depot.json": '{"id":"one"}', "b/depot.json": '{"id":"two"}' });
  const folders = [join(tree.path, "a"), join(tree.path, "b")];

  const project = await resolveProject({ environment: {}, folders });

  assert.equal(project.id, "two");
  assert.match(project.warning ?? "", /one.*two/);
  assert.equal(
    (await resolveProject({ environment: {}, folders: [tree.path, tree.path].map((path) => join(path, "a")) })).warning,
    undefined,
  );
});

test("a file that names no project is an error and not passed over", async () => {
  for (const text of ["{", "{}", '{"id":""}', '{"id":5}', "[]", "null"]) {
    await using tree = await openTree({ "depot.json": text });
    await assert.rejects(
      resolveProject({ environment: {}, folders: [tree.path] }),
      (error) => isProblem(error, "config_invalid"),
      text,
    );
  }
});

test("no project anywhere says how to get one", async () => {
  await assert.rejects(resolveProject({ environment: {}, folders: ["/proc"] }), (error) =>
    isProblem(error, "project_missing"),
  );
});
