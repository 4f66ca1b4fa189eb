import assert from "node:assert/strict";
import { test } from "node:test";
import { isProblem } from "@opendepot/base";
import { entriesOf, publishedManifest, type SourceManifest } from "./manifest.ts";

const source: SourceManifest = {
  name: "@opendepot/bake",
  version: "0.1.0",
  description: "Bake files",
  license: "Apache-2.0",
  exports: { ".": "./src/index.ts", "./wire": "./src/wire/index.ts", "./testing": "./src/testing/index.ts" },
  dependencies: { "@opendepot/base": "0.1.0", re2js: "2.10.0" },
};
const versions = new Map([["@opendepot/base", "0.1.0"]]);
const isUnfit = (error: unknown): boolean => isProblem(error, "package_unfit");

test("a published manifest points to built code, wants Node.js 24, and is not private", () => {
  const manifest = publishedManifest({ ...source, ...{ private: true } }, versions);

  assert.deepEqual(manifest.exports, {
    ".": { types: "./dist/index.d.ts", default: "./dist/index.js" },
    "./wire": { types: "./dist/wire/index.d.ts", default: "./dist/wire/index.js" },
  });
  assert.equal(manifest.engines["node"], ">=24");
  assert.deepEqual(manifest.dependencies, source.dependencies);
  assert.ok(!("private" in manifest));
});

test("what is for tests is not among the entries", () => {
  assert.deepEqual(
    entriesOf(source).map(([, entry]) => entry),
    ["index", "wire/index"],
  );
});

test("a package without dependencies says nothing of them", () => {
  const { dependencies, ...alone } = source;

  assert.ok(dependencies && !("dependencies" in publishedManifest(alone, versions)));
});

test("a dependency that is not published, or in another version, makes a package unfit", () => {
  for (const [name, version] of Object.entries({ "@opendepot/base": "0.2.0", "@opendepot/testing": "0.1.0" }))
    assert.throws(() => publishedManifest({ ...source, dependencies: { [name]: version } }, versions), isUnfit);
});

test("a version that is not exact makes a package unfit", () => {
  for (const version of ["^2.10.0", "*", "workspace:*", "file:../base"])
    assert.throws(() => publishedManifest({ ...source, dependencies: { re2js: version } }, versions), isUnfit);
});

test("an export that is no source file makes a package unfit", () => {
  assert.throws(() => entriesOf({ ...source, exports: { ".": "./lib/index.js" } }), isUnfit);
});
