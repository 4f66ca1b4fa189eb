import assert from "node:assert/strict";
import { test } from "node:test";
import { isProblem } from "@opendepot/base";
import type { Command } from "./command.ts";
import { renderHelp } from "./help.ts";
import { isUsageProblem, type Parsed, parseCommandLine } from "./parse.ts";

const tool: Command<undefined> = {
  name: "tool",
  summary: "A tool",
  subcommands: [
    {
      name: "build",
      aliases: ["b"],
      summary: "Build an image",
      operands: "PATH",
      operandCount: { min: 1, max: 1 },
      examples: [{ summary: "Build this folder", line: "tool build ." }],
      flags: [
        { name: "file", short: "f", kind: "text", summary: "Name of the Dockerfile", default: "PATH/Dockerfile" },
        { name: "tag", short: "t", kind: "list", summary: "Name and tag" },
        { name: "quiet", short: "q", kind: "switch", summary: "Say nothing" },
        { name: "squash", kind: "switch", summary: "Old", isHidden: true },
      ],
      run: async () => 0,
    },
    { name: "cache", summary: "The cache", subcommands: [{ name: "reset", summary: "Empty it", run: async () => 0 }] },
  ],
};

function parse(line: string): Parsed<undefined> {
  return parseCommandLine(tool, line === "" ? [] : line.split(" "));
}

test("flags are understood in every spelling that Docker's commands accept", () => {
  for (const spelling of ["-f x", "-fx", "-f=x", "--file x", "--file=x"]) {
    assert.equal(parse(`build ${spelling} .`).invocation.text("file"), "x", spelling);
  }
  const joined = parse("build -qf x .").invocation;
  assert.equal(joined.switch("quiet"), true);
  assert.equal(joined.text("file"), "x");
});

test("lists keep every value in order and texts keep the last", () => {
  const { invocation } = parse("b -t a --tag=b -tc -f one -f two .");

  assert.deepEqual(invocation.list("tag"), ["a", "b", "c"]);
  assert.equal(invocation.text("file"), "two");
  assert.equal(invocation.has("quiet"), false);
  assert.deepEqual(invocation.list("missing"), []);
});

test("switches take true and false behind an equals sign only", () => {
  assert.equal(parse("build --quiet=false .").invocation.switch("quiet"), false);
  assert.equal(parse("build -q=true .").invocation.switch("quiet"), true);
  assert.deepEqual(parse("build --quiet .").invocation.operands, ["."]);
  assert.throws(
    () => parse("build --quiet=maybe ."),
    (error) => isProblem(error, "flag_value_invalid"),
  );
});

test("operands and flags may stand in any order, and nothing behind -- is a flag", () => {
  assert.deepEqual(parse("build . -t a").invocation.operands, ["."]);
  assert.deepEqual(parse("build -- -t").invocation.operands, ["-t"]);
  assert.deepEqual(parse("build -").invocation.operands, ["-"]);
});

test("an empty value is a value", () => {
  assert.equal(parseCommandLine(tool, ["build", "--file=", "."]).invocation.text("file"), "");
});

test("an unknown flag names the nearest known one", () => {
  assert.throws(
    () => parse("build --flie=x ."),
    (error) => {
      assert(isProblem(error, "unknown_flag") && isUsageProblem(error));
      assert.match(error.hint ?? "", /--file/);
      return true;
    },
  );
  assert.throws(
    () => parse("build -z ."),
    (error) => isProblem(error, "unknown_flag"),
  );
});

test("an unknown command names the nearest known one", () => {
  assert.throws(
    () => parse("biuld ."),
    (error) => isProblem(error, "unknown_command") && /build/.test(error.hint ?? ""),
  );
  assert.throws(
    () => parse("cache rest"),
    (error) => isProblem(error, "unknown_command") && /reset/.test(error.hint ?? ""),
  );
});

test("missing values and wrong numbers of operands are refused with the usage", () => {
  assert.throws(
    () => parse("build . --file"),
    (error) => isProblem(error, "flag_value_missing"),
  );
  assert.throws(
    () => parse("build"),
    (error) => isProblem(error, "operand_count") && /tool build \[OPTIONS\] PATH/.test(error.hint ?? ""),
  );
  assert.throws(
    () => parse("build a b"),
    (error) => isProblem(error, "operand_count"),
  );
  assert.throws(
    () => parse("cache reset x"),
    (error) => isProblem(error, "operand_count"),
  );
});

test("help is asked for by a flag or by naming a group alone", () => {
  assert.equal(parse("").wantsHelp, true);
  assert.equal(parse("cache").wantsHelp, true);
  assert.equal(parse("build --help").wantsHelp, true);
  assert.equal(parse("build -h").wantsHelp, true);
  assert.equal(parse("build .").wantsHelp, false);
});

test("help shows usage, examples and visible options, wrapped to the width", () => {
  const { command, path } = parse("build --help");
  const text = renderHelp(command, path, 60);

  assert.match(text, /^Usage: {2}tool build \[OPTIONS\] PATH\n/);
  assert.match(text, /# Build this folder\n {2}tool build \./);
  assert.match(text, /-f, --file string/);
  assert.match(text, /\(default\s+"PATH\/Dockerfile"\)/);
  assert.doesNotMatch(text, /squash/);
  assert(text.split("\n").every((line) => line.length <= 60));
});
