import assert from "node:assert/strict";
import { test } from "node:test";
import { isProblem } from "@opendepot/base";
import { parseCommandLine } from "@opendepot/command";
import type { Environment } from "../cli-context.ts";
import { buildFlags } from "./flags.ts";
import { resolveProgress } from "./progress-mode.ts";

function resolve(line: string, environment: Environment = {}): string {
  const command = { name: "build", summary: "", flags: buildFlags, run: async () => 0 };
  const { invocation } = parseCommandLine(command, line.split(" ").filter(Boolean));
  const { progress, isQuiet } = resolveProgress(invocation, environment);
  return isQuiet ? `${progress}+id` : progress;
}

test("the flag comes before BUILDKIT_PROGRESS, which comes before auto", () => {
  assert.equal(resolve(""), "auto");
  assert.equal(resolve("", { BUILDKIT_PROGRESS: "plain" }), "plain");
  assert.equal(resolve("--progress tty", { BUILDKIT_PROGRESS: "plain" }), "tty");
  assert.equal(resolve("--progress="), "auto");
});

test("continuous integration gets a log unless it asks for something else", () => {
  assert.equal(resolve("", { CI: "true" }), "plain");
  assert.equal(resolve("", { CI: "false" }), "auto");
  assert.equal(resolve("--progress tty", { CI: "true" }), "tty");
});

test("quiet prints the image's ID, none prints nothing", () => {
  for (const line of ["-q", "--quiet", "--progress quiet", "-q --progress auto", "-q --progress quiet"])
    assert.equal(resolve(line), "quiet+id", line);
  assert.equal(resolve("--progress none"), "quiet");
  assert.equal(resolve("-q", { BUILDKIT_PROGRESS: "plain" }), "quiet+id");
});

test("quiet together with a display is a contradiction", () => {
  for (const line of ["-q --progress plain", "-q --progress tty", "-q --progress rawjson"]) {
    assert.throws(
      () => resolve(line),
      (error) => isProblem(error, "flag_conflict"),
      line,
    );
  }
});

test("an unknown display is refused", () =>
  assert.throws(
    () => resolve("--progress fancy"),
    (error) => isProblem(error, "flag_value_invalid"),
  ));
