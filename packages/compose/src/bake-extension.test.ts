import assert from "node:assert/strict";
import { test } from "node:test";
import { readBakeExtension, readDepotProject } from "./bake-extension.ts";
import { isMapping } from "./value.ts";
import { constructDocument } from "./yaml/construct.ts";
import { YamlParser } from "./yaml/parser.ts";

function extensions(text: string): Map<string, never> | ReadonlyMap<string, never> {
  const root = new YamlParser(text).next();
  const value = root === undefined ? null : constructDocument(root);
  return (isMapping(value) ? value : new Map()) as Map<string, never>;
}

test("lists may be texts that are split at white space, and scalars are texts", () => {
  const bake = readBakeExtension(
    extensions(
      "x-bake: {tags: a b, platforms: [linux/amd64], cache-from: [1, 2.50, true, null], pull: 'yes', no-cache: false, contexts: {a: ./b}, other: 1}",
    ),
  );

  assert.deepEqual(bake, {
    tags: ["a", "b"],
    cacheFrom: ["1", "2.5", "true", ""],
    cacheTo: [],
    secrets: [],
    ssh: [],
    platforms: ["linux/amd64"],
    outputs: [],
    pull: true,
    noCache: false,
    noCacheFilter: [],
    contexts: new Map([["a", "./b"]]),
  });
});

test("no x-bake is no extension", () => {
  assert.equal(readBakeExtension(extensions("x-other: 1")), undefined);
  assert.equal(readBakeExtension(extensions("x-bake:")), undefined);
});

const mistakes: readonly (readonly [text: string, message: string])[] = [
  ["x-bake: [a]", "line 1: cannot unmarshal !!seq into bake.xbake"],
  ["x-bake: {tags: {a: b}}", "line 2: cannot unmarshal !!map into string"],
  ["x-bake: {tags: [a, {b: c}]}", "line 2: cannot unmarshal !!seq into string"],
  ["x-bake: {pull: maybe}", "line 1: cannot unmarshal !!str `maybe` into bool"],
  ["x-bake: {contexts: {a: [b]}}", "line 3: cannot unmarshal !!seq into string"],
];

for (const [text, message] of mistakes)
  test(`tells what does not fit in ${text}`, () => {
    assert.throws(() => readBakeExtension(extensions(text)), {
      code: "compose_invalid",
      message: `yaml: unmarshal errors:\n  ${message}`,
    });
  });

test("a project is a text", () => {
  assert.equal(readDepotProject(extensions("x-depot: {project-id: 12}")), "12");
  assert.equal(readDepotProject(extensions("x-depot: {}")), undefined);
  assert.throws(() => readDepotProject(extensions("x-depot: {project-id: [a]}")), { code: "compose_invalid" });
});
