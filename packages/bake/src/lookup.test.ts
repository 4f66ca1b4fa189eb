import assert from "node:assert/strict";
import { test } from "node:test";
import { isProblem } from "@opendepot/base";
import {
  chooseFiles,
  filesOfEnvironment,
  fileUnreadable,
  isFileRelative,
  readVariables,
  splitWords,
} from "./lookup.ts";

test("named files are read in their order, the default ones when none is named", () => {
  assert.deepEqual(chooseFiles(["a", "cwd://b"]), [
    { name: "a", isLocal: false, isOptional: false },
    { name: "b", isLocal: true, isOptional: false },
  ]);
  const [first, ...others] = chooseFiles([]);
  assert.deepEqual(first, { name: "compose.yaml", isLocal: false, isOptional: true });
  assert.equal(others.at(-1)?.name, "docker-bake.override.hcl");
});

test("the environment names files, too", () => {
  const variables = new Map([
    ["BUILDX_BAKE_FILE", " a ; b;;"],
    ["BUILDX_BAKE_PATH_SEPARATOR", ";"],
  ]);
  assert.deepEqual(
    filesOfEnvironment((name) => variables.get(name), ":"),
    ["a", "b"],
  );
  assert.deepEqual(
    filesOfEnvironment(() => undefined, ":"),
    [],
  );
});

test("addresses come before targets", () => {
  const url = "https://github.com/a/b.git";
  assert.deepEqual(splitWords(["a", "b"]), { url: undefined, commandContext: "cwd://", targets: ["a", "b"] });
  assert.deepEqual(splitWords([url, "b"]), { url, commandContext: "cwd://", targets: ["b"] });
  assert.deepEqual(splitWords([url, url, "b"]), { url, commandContext: url, targets: ["b"] });
});

test("what cannot be read is told", () => {
  assert.equal(fileUnreadable("x", "ENOENT").message, "open x: no such file or directory");
  assert.equal(fileUnreadable("x", "EISDIR").message, "read x: is a directory");
  const isFlagInvalid = (error: unknown) => isProblem(error, "bake_flag_invalid");
  assert.throws(() => readVariables(["a"]), isFlagInvalid);
  assert.throws(() => isFileRelative(() => "perhaps"), isFlagInvalid);
});
