import assert from "node:assert/strict";
import { mkdirSync, mkdtempDisposableSync, readdirSync, readFileSync, realpathSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { suite, test } from "node:test";
import { type ProgramOutcome, runProgram, testBuildx } from "@opendepot/testing";
import { type ParityCase, parseCases, type RecordedRun } from "../../packages/bake/src/parity/case-file.ts";
import { root } from "../support.ts";

const TESTDATA = join(root, "packages/bake/src/testdata");
const DEPOT = join(root, "apps/cli/bin/depot.js");

/** One of this many recorded runs is done again by the command itself: all of them are by `packages/bake`. */
const EVERY = 45;

interface BakeFolder extends Disposable {
  readonly path: string;
}

function makeFolder(files: Iterable<readonly [string, string]>): BakeFolder {
  const folder = mkdtempDisposableSync(join(realpathSync(tmpdir()), "bake-parity-"));
  for (const [name, text] of files) {
    const path = join(folder.path, name);
    mkdirSync(name.endsWith("/") ? path : dirname(path), { recursive: true });
    if (!name.endsWith("/")) writeFileSync(path, text);
  }
  return folder;
}

function runDepot(
  args: readonly string[],
  cwd: string,
  env: Readonly<Record<string, string>>,
): Promise<ProgramOutcome> {
  const own = { PATH: process.env["PATH"], HOME: "/root", DEPOT_RUN_SOURCES: "1" };
  return runProgram([process.execPath, DEPOT, "bake", ...args], { cwd, env: { ...own, ...env } });
}

/** What is compared: hints are ours. */
function comparable({ code, stdout, stderr }: ProgramOutcome, folder: string): RecordedRun {
  const told = stderr.replaceAll(folder, "/case").replace(/^(?:hint|warning): .*\n/gm, "");
  return { exitCode: code ?? -1, stdout: stdout.replaceAll(folder, "/case"), stderr: told };
}

function recordedCases(): { readonly parityCase: ParityCase; readonly recorded: RecordedRun }[] {
  return readdirSync(TESTDATA)
    .filter((name) => name.endsWith(".cases"))
    .flatMap((file) => {
      const recorded: Record<string, RecordedRun> = JSON.parse(
        readFileSync(join(TESTDATA, file.replace(/\.cases$/, ".recorded.json")), "utf8"),
      );
      return parseCases(readFileSync(join(TESTDATA, file), "utf8")).flatMap((parityCase) => {
        const run = recorded[parityCase.name];
        return run === undefined ? [] : [{ parityCase, recorded: run }];
      });
    });
}

suite("depot bake does what docker buildx bake 0.36 was seen to do", () => {
  for (const { parityCase, recorded } of recordedCases().filter((_, at) => at % EVERY === 0)) {
    test(parityCase.name, async () => {
      using folder = makeFolder(parityCase.files);
      const outcome = await runDepot(parityCase.args, folder.path, parityCase.environment);
      assert.deepEqual(comparable(outcome, folder.path), recorded);
    });
  }
});

const HCL = `
variable "TAG" { default = "latest" }
variable "PORTS" {
  default     = [80, 443]
  description = "open ones"
}
function "image" {
  params = [name]
  result = "example.org/\${name}:\${TAG}"
}
group "default" {
  description = "all"
  targets     = ["app", "tools"]
}
target "app" {
  tags     = [image("app")]
  args     = { PORTS = join(",", PORTS), LITERAL = "$\${x}" }
  contexts = { base = "target:base" }
  output   = ["type=image,push=false"]
}
target "base" { dockerfile = "base.Dockerfile" }
target "tools" {
  name     = "tool-\${which}"
  matrix   = { which = ["lint", "test"] }
  inherits = ["base"]
  target   = which
}
`;

const COMPOSE = `
services:
  web:
    image: example.org/web:\${TAG:-latest}
    build:
      context: ./web
      args: { A: 1, B: "two" }
      cache_from: [example.org/cache]
      additional_contexts: { other: docker-image://alpine }
      x-bake: { platforms: [linux/amd64, linux/arm64], pull: true }
  worker:
    build: ./worker
  db:
    image: postgres
`;

const JSON_FILE = JSON.stringify({
  group: { default: { targets: ["a"] } },
  target: {
    a: { args: { V: '\u0024{upper("x")}' }, labels: { "a<b": "&" } },
    b: { inherits: ["a"], "no-cache": true },
  },
});

/** Command lines that this machine's buildx, which may be an older one, understands as well. */
const LIVE: readonly (readonly [title: string, files: Readonly<Record<string, string>>, args: readonly string[]])[] = [
  ["a bake file", { "docker-bake.hcl": HCL }, ["--print"]],
  ["overrides", { "docker-bake.hcl": HCL }, ["--print", "--set", "tool-*.args.X=1", "--set", "app.tags+=b", "--push"]],
  ["variables", { "docker-bake.hcl": HCL }, ["--list", "type=variables,format=json"]],
  ["targets", { "docker-bake.hcl": HCL }, ["--list", "targets"]],
  ["a compose file", { "compose.yaml": COMPOSE }, ["--print"]],
  ["a JSON file", { "docker-bake.json": JSON_FILE }, ["--print", "a", "b"]],
  ["all default files", { "compose.yml": COMPOSE, "docker-bake.json": JSON_FILE }, ["--print", "web", "a"]],
  ["a target that is missing", { "docker-bake.hcl": HCL }, ["--print", "nope"]],
  ["no file", {}, ["--print"]],
  ["a file that is missing", {}, ["-f", "none.hcl", "--print"]],
  ["a syntax error", { "docker-bake.hcl": 'target "a" {\n  args = {\n' }, ["--print"]],
  ["an unknown variable", { "docker-bake.hcl": 'target "default" { tags = [NOPE] }\n' }, ["--print"]],
  ["a flag with a bad value", { "docker-bake.hcl": HCL }, ["--print", "--set", "app.nope=1"]],
];

suite("depot bake does what this machine's docker buildx bake does", () => {
  for (const [title, files, args] of LIVE) {
    test(title, async () => {
      using folder = makeFolder(Object.entries(files));
      const env = { PATH: process.env["PATH"], HOME: folder.path, TAG: "v9" };
      const buildx = await testBuildx();
      const [ours, theirs] = await Promise.all([
        runDepot(args, folder.path, { TAG: "v9" }),
        runProgram([buildx, "bake", "--progress", "quiet", ...args], { cwd: folder.path, env }),
      ]);
      const lastLine = (text: string): string | undefined =>
        text
          .trim()
          .split("\n")
          .findLast((line) => /^ERROR/.test(line));
      assert.deepEqual([ours.code, ours.stdout], [theirs.code, theirs.stdout], ours.stderr + theirs.stderr);
      assert.equal(lastLine(ours.stderr), lastLine(theirs.stderr));
    });
  }
});
