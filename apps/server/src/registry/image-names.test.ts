import assert from "node:assert/strict";
import { test } from "node:test";
import { isProblem } from "@opendepot/base";
import { listedName, readSavedReference, registryHostOf, saveNames } from "./image-names.ts";

const PLACE = { registryHost: "depot.example:8700", projectId: "p1", buildId: "b1" };

function saved(tag: string): string | undefined {
  const [, name] = saveNames(PLACE, [tag]);
  return name && `${name.repository}:${name.tag}`;
}

test("a build is saved under its id first, and once under each tag", () => {
  assert.deepEqual(saveNames(PLACE, ["v1", "v1", "v2"]), [
    { repository: "p1", tag: "b1" },
    { repository: "p1", tag: "v1" },
    { repository: "p1", tag: "v2" },
  ]);
});

for (const [tag, name] of [
  ["v1", "p1:v1"],
  ["p1:v1", "p1:v1"],
  ["depot.example:8700/p1:v1", "p1:v1"],
  ["myrepo/app:v1", "p1/myrepo/app:v1"],
  ["myrepo/app", "p1/myrepo/app:latest"],
  ["p1/myrepo/app:v1", "p1/myrepo/app:v1"],
  ["depot.example:8700/p1/app:v1", "p1/app:v1"],
] as const) {
  test(`${tag} is saved as ${name}`, () => assert.equal(saved(tag), name));
}

for (const tag of ["", "ghcr.io/acme/app:v1", "localhost/app", "../app:v1", "App:v1", "a@sha256:1", "a:b:c", "v 1"]) {
  test(`${JSON.stringify(tag)} is refused with what to write instead`, () => {
    assert.throws(
      () => saved(tag),
      (error) => isProblem(error, "argument_invalid") && /write TAG or NAME:TAG/.test(error.hint ?? ""),
    );
  });
}

const DIGEST = `sha256:${"0123456789abcdef".repeat(4)}`;
for (const [text, repository, reference] of [
  ["v1", "p1", "v1"],
  [DIGEST, "p1", DIGEST],
  ["team/app:v1", "p1/team/app", "v1"],
  [`app@${DIGEST}`, "p1/app", DIGEST],
] as const) {
  test(`${text} of a project is in ${repository}`, () => {
    assert.deepEqual(readSavedReference("p1", text), { repository, reference });
  });
}

for (const text of ["", "../p2:v1", "/p2:v1", "a:b:c", "app@v1", "app@sha256:1", `v1@${DIGEST}x`, "App:v1", "a b"]) {
  test(`${JSON.stringify(text)} is no image of a project`, () => {
    assert.throws(
      () => readSavedReference("p1", text),
      (error) => isProblem(error, "argument_invalid"),
    );
  });
}

test("another registry's port is not taken for a tag", () => {
  assert.throws(
    () => saved("127.0.0.1:5000/app:v1"),
    (error) => isProblem(error, "argument_invalid"),
  );
});

test("images below a project's own repository are listed with their names", () => {
  assert.equal(listedName("p1", { repository: "p1", tag: "v1" }), "v1");
  assert.equal(listedName("p1", { repository: "p1/a/b", tag: "v1" }), "a/b:v1");
});

test("a host that Docker would take for a name on Docker Hub has its port", () => {
  assert.equal(registryHostOf("http://127.0.0.1:8700"), "127.0.0.1:8700");
  assert.equal(registryHostOf("https://depot.example"), "depot.example");
  assert.equal(registryHostOf("http://depot"), "depot:80");
  assert.equal(registryHostOf("https://depot/"), "depot:443");
  assert.equal(registryHostOf("http://localhost"), "localhost");
});
