import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { isProblem } from "@opendepot/base";
import type { RecordedRun } from "./parity/case-file.ts";
import { runCase } from "./parity/run-case.ts";

function bake(text: string, args: readonly string[] = ["--print"]): Promise<RecordedRun> {
  return runCase({ name: "", args, environment: {}, files: new Map([["docker-bake.hcl", text]]) });
}

const chain = (length: number, line: (at: number) => string): string =>
  Array.from({ length }, (_, at) => line(at)).join("");

suite("definitions that go too far end in a problem", () => {
  test("attributes that wait for each other", async () => {
    const { stderr } = await bake(`${chain(5_000, (at) => `A${at} = A${at + 1}\n`)}A5000 = 1\ntarget "default" {}\n`);
    assert.match(stderr, /nested too deeply/);
  });

  test("targets that inherit from each other", async () => {
    const { stderr } = await bake(
      `${chain(12_000, (at) => `target "t${at}" { inherits = ["t${at + 1}"] }\n`)}target "t12000" {}\n`,
      ["--print", "t0"],
    );
    assert.match(stderr, /nested too deeply/);
  });

  test("a matrix with a million combinations", async () => {
    const axis = `[${chain(100, (at) => `${at},`)}]`;
    const { stderr } = await bake(
      `target "a" {\n  name = "a"\n  matrix = { a = ${axis}, b = ${axis}, c = ${axis} }\n}\n`,
    );
    assert.match(stderr, /matrix has more than 100000 combinations/);
  });
});

test("many targets that refer to each other take no time", async () => {
  const targets = chain(
    500,
    (at) => `target "t${at}" {\n  tags = ["t${at}"]\n  args = { x = target.t${(at * 7) % 500}.tags[0] }\n}\n`,
  );
  const started = performance.now();
  const { exitCode } = await bake(targets, ["--print", "t*"]);
  assert.equal(exitCode, 0);
  assert.ok(performance.now() - started < 5000);
});

test("anything that is wrong with files is a problem", async () => {
  const letters = [
    '"',
    "{",
    "}",
    "$",
    "%",
    "=",
    "[",
    "]",
    "(",
    "a",
    "1",
    "\n",
    " ",
    ".",
    "*",
    ",",
    "~",
    "<<",
    "target",
    "x",
  ];
  let seed = 7;
  const next = (below: number): number => {
    seed = (seed * 48_271) % 2_147_483_647;
    return seed % below;
  };
  for (let round = 0; round < 500; round++) {
    const text = chain(next(30), () => letters[next(letters.length)] ?? "");
    for (const name of ["docker-bake.hcl", "docker-bake.json", "compose.yaml", "any"]) {
      const args = ["-f", name, "--print"];
      const run = runCase({ name: "", args, environment: {}, files: new Map([[name, text]]) });
      await assert.doesNotReject(
        run.catch((error: unknown) => assert.ok(isProblem(error), String(error))),
        text,
      );
    }
  }
});
