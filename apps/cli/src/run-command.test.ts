import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { suite, test } from "node:test";
import type { Command } from "@opendepot/command";
import { rootCommand } from "./commands/root.ts";
import { runCommand } from "./run-command.ts";
import { createTerminal } from "./terminal/terminal.ts";

interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command line in this process, in a bare environment. */
async function run(
  argv: readonly string[],
  { cwd = "/", env = {} }: { cwd?: string; env?: Record<string, string> } = {},
): Promise<Outcome> {
  const [stdout, stderr] = [new PassThrough({ encoding: "utf8" }), new PassThrough({ encoding: "utf8" })];
  const code = await runCommand(argv, {
    terminal: createTerminal(stdout, stderr),
    stdin: async function* () {},
    environment: env,
    cwd,
    home: "/nonexistent",
    host: { platform: "linux", arch: "x64", name: "test" },
    signal: new AbortController().signal,
  });
  return { code, stdout: String(stdout.read() ?? ""), stderr: String(stderr.read() ?? "") };
}

async function openFolder(files: Readonly<Record<string, string>>): Promise<AsyncDisposable & { path: string }> {
  const path = await mkdtemp(join(tmpdir(), "depot-run-"));
  for (const [name, text] of Object.entries(files)) {
    await mkdir(join(path, name, ".."), { recursive: true });
    await writeFile(join(path, name), text);
  }
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true }) };
}

/** The error that a command ended with, and that stdout stayed empty. */
function assertFails(outcome: Outcome, error: RegExp, hint?: RegExp): void {
  assert.equal(outcome.code, 1, outcome.stderr);
  assert.equal(outcome.stdout, "");
  assert.match(outcome.stderr, error);
  if (hint) assert.match(outcome.stderr, hint);
}

suite("help and usage", () => {
  test("every command has help with an example and no line that is too long", () => {
    const walk = (command: Command<never>, path: string): void => {
      for (const sub of command.subcommands ?? []) walk(sub as Command<never>, `${path} ${sub.name}`);
      if (command.run === undefined) return;
      assert.ok(command.examples?.length, `${path} has no example`);
      for (const line of command.description?.split("\n") ?? []) assert.ok(line.length <= 80, `${path}: ${line}`);
    };
    walk(rootCommand as Command<never>, "depot");
  });

  test("help of a command is printed and nothing is done", async () => {
    const { code, stdout } = await run(["build", "--help"]);
    assert.equal(code, 0);
    assert.match(stdout, /^Usage: {2}depot build \[OPTIONS\] PATH\n/);
    assert.match(stdout, /--build-arg/);
  });

  test("misspelt flags and commands name the nearest one", async () => {
    assertFails(
      await run(["build", "--taget", "x", "."]),
      /^error: unknown flag: --taget/m,
      /^hint: did you mean --target\?/m,
    );
    assertFails(await run(["biuld", "."]), /unknown command "biuld"/, /depot build/);
    assertFails(await run(["build"]), /an argument is missing/, /depot build \[OPTIONS\] PATH/);
  });

  test("--debug is understood with every command and shows where a problem comes from", async () => {
    const quiet = await run(["build", "missing"]);
    const debug = await run(["build", "missing", "--debug"]);
    assert.doesNotMatch(quiet.stderr, /run-command\.ts/);
    assert.match(debug.stderr, /caused by: [\s\S]*ENOENT/);
  });

  test("what comes later says so", async () => {
    assertFails(await run(["configure-docker"]), /depot configure-docker is not supported yet/);
    assertFails(await run(["build", "--policy", "filename=x", "."]), /--policy is not supported yet/);
  });
});

suite("bad input is refused before a server is asked", () => {
  const env = { DEPOT_TOKEN: "t", DEPOT_PROJECT_ID: "p", DEPOT_API_URL: "http://127.0.0.1:1" };
  const cases: ReadonlyArray<readonly [args: string, error: RegExp, hint: RegExp]> = [
    ["missing", /path "missing" not found/, /existing folder/],
    ["Dockerfile", /is not a directory/, /--file/],
    ["empty", /no Dockerfile at .*empty\/Dockerfile/, /--file/],
    ["--secret id=a,src=nope .", /secret a: the file .*nope does not exist/, /src=/],
    ["--ssh default .", /no SSH agent/, /ssh-agent/],
    ["--ssh default=/nonexistent.sock .", /nonexistent\.sock/, /./],
    ["-o type=tar -o type=oci .", /multiple outputs configured to write to stdout/, /dest/],
    ["--push .", /tag is needed when pushing/, /-t/],
    ["--build-platform linux/s390x .", /invalid value "linux\/s390x" for --build-platform/, /dynamic/],
    ["--lint-fail-on never .", /invalid value "never" for --lint-fail-on/, /none/],
    ["-o type=local,dest=.,mode=delete .", /requires --allow=buildx.local.delete/, /allow it/],
    ["-o type=zip,dest=x .", /unknown output type "zip"/, /tar/],
    ["--platform toaster .", /invalid platform "toaster"/, /linux\/amd64/],
    ["--platform linux/amd64,linux/arm64 -o type=oci,dest=x .", /multi-node builds/, /--build-platform/],
    ["--no-cache --no-cache-filter a .", /cannot currently be used together/, /one of them/],
    ["--iidfile x -o out .", /incompatible with image ID file/, /./],
    ["--network bridge .", /invalid value "bridge" for --network/, /default, host or none/],
    ["-t UPPER/Case! .", /invalid image reference/, /./],
    ["-q --progress plain .", /cannot be used together/, /./],
    [
      "--progress tty -o type=cacheonly --buildkit-address unix:///nonexistent .",
      /tty progress display needs a terminal/,
      /--progress=plain/,
    ],
  ];
  for (const [line, error, hint] of cases) {
    test(line, async () => {
      await using folder = await openFolder({ Dockerfile: "FROM scratch\n", "empty/x": "" });
      assertFails(await run(["build", ...line.split(" ")], { cwd: folder.path, env }), error, hint);
    });
  }
});
