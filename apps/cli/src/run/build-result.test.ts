import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { isProblem } from "@opendepot/base";
import { imageIdOf, metadataText, removeResultFile, writeResultFile } from "./build-result.ts";

const base64 = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64");

test("the image's ID is its config's digest, else its manifest's", () => {
  assert.equal(imageIdOf({ "containerimage.digest": "m", "containerimage.config.digest": "c" }), "c");
  assert.equal(imageIdOf({ "containerimage.digest": "m" }), "m");
  assert.equal(imageIdOf({}), "");
});

test("metadata unpacks what is base64 of JSON objects and leaves the rest alone", () => {
  const response = {
    "containerimage.descriptor": base64({ size: 1 }),
    "list.of.objects": base64([{ a: 1 }]),
    "list.of.numbers": base64([1, 2]),
    "empty.object": base64({}),
    "containerimage.digest": "sha256:abc",
    "image.name": "a,b",
    plain: "aGVsbG8=",
  };
  const text = metadataText(response, { ref: "r1", buildId: "b1", projectId: "p1" });

  assert.deepEqual(JSON.parse(text), {
    ...response,
    "containerimage.descriptor": { size: 1 },
    "list.of.objects": [{ a: 1 }],
    "buildx.build.ref": "r1",
    "depot.build": { buildID: "b1", projectID: "p1" },
  });
  const keys = Object.keys(JSON.parse(text) as object);
  assert.deepEqual(keys, keys.toSorted());
});

test("metadata of a build without a server names none", () => {
  assert.deepEqual(JSON.parse(metadataText({}, { ref: "r" })), { "buildx.build.ref": "r" });
});

test("a result file is written whole, and its folder must exist", async () => {
  const folder = await mkdtemp(join(tmpdir(), "depot-result-"));
  try {
    await writeResultFile(join(folder, "iid"), "sha256:x");
    assert.equal(await readFile(join(folder, "iid"), "utf8"), "sha256:x");
    await assert.rejects(writeResultFile(join(folder, "no/iid"), "x"), (error) =>
      isProblem(error, "output_unwritable"),
    );
    await removeResultFile(join(folder, "iid"));
    await removeResultFile(join(folder, "iid"));
    assert.deepEqual(await readdir(folder), []);
  } finally {
    await rm(folder, { recursive: true });
  }
});
