import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { checkLeaks, testEngineKinds, testEngineProgram } from "@opendepot/testing";

checkLeaks();

const MAIN = join(import.meta.dirname, "../bin/depot-server.js");

interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs the command as a person would, with nothing of the caller's settings. */
async function depotServer(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Outcome> {
  const surroundings = { PATH: process.env["PATH"], HOME: "/nonexistent", ...env };
  return new Promise((resolve) => {
    execFile(process.execPath, [MAIN, ...args], { env: surroundings, timeout: 60_000 }, (error, out, err) =>
      resolve({ code: error ? Number(error.code ?? -1) : 0, out, err }),
    );
  });
}

async function makeDataDir(context: TestContext): Promise<string> {
  const dataDir = await mkdtemp(join(tmpdir(), "depot-server-"));
  context.after(async () => {
    await depotServer(["stop", "--force", "--data-dir", dataDir]);
    await rm(dataDir, { recursive: true, force: true });
  });
  return dataDir;
}

async function onFreePorts(dataDir: string): Promise<string[]> {
  const [kind = "buildkitd"] = await testEngineKinds();
  const engine = await testEngineProgram(kind);
  return ["--data-dir", dataDir, "--listen", "127.0.0.1:0", "--gateway-listen", "127.0.0.1:0", "--engine", engine];
}

test("a server starts in the background, tells how it is, makes tokens, refuses a second one and stops", async (context) => {
  const dataDir = await makeDataDir(context);
  const flags = await onFreePorts(dataDir);

  const started = await depotServer(["start", "--detach", ...flags]);
  assert.equal(started.code, 0, started.err);
  const adminToken = (await readFile(join(dataDir, "admin-token"), "utf8")).trim();
  const [, url = ""] = /answers at (\S+)/.exec(started.out) ?? [];
  assert.match(started.out, /export DEPOT_API_URL=http/);
  assert.match(started.out, /export DEPOT_TOKEN=\$\(cat .*admin-token\)/);
  assert.ok(!started.out.includes(adminToken), "the output is no terminal: it may be a log");
  assert.ok(!(await readFile(join(dataDir, "server.log"), "utf8")).includes(adminToken));
  for (const secret of ["admin-token", "server.json", "server.log", "server.sock"]) {
    assert.equal((await stat(join(dataDir, secret))).mode & 0o777, 0o600, secret);
  }

  const status = await depotServer(["status", "--output", "json", "--data-dir", dataDir]);
  const report = JSON.parse(status.out) as { state: string; pid: number; url: string; database: string };
  assert.deepEqual([report.state, report.url, report.database], ["running", url, "managed"]);
  assert.match((await depotServer(["status", "--data-dir", dataDir])).out, /^depot-server \S+ is running/);

  const second = await depotServer(["start", ...flags]);
  assert.equal(second.code, 1);
  assert.match(second.err, new RegExp(`^error: .*process id ${report.pid} .*\nhint: `));
  assert.equal((await depotServer(["start", "--detach", ...flags])).code, 1);

  const made = await depotServer(["token", "create", "--user", "admin", "--expires", "1h", "--data-dir", dataDir]);
  assert.match(made.out, /^odu_[\w-]{43}\n$/);
  assert.equal(await listProjects(url, made.out.trim()), 200);
  assert.equal(await listProjects(url, adminToken), 200);
  const expired = await depotServer(["token", "create", "--user", "admin", "--expires", "0ms", "--data-dir", dataDir]);
  assert.equal(await listProjects(url, expired.out.trim()), 401);
  const unknown = await depotServer(["token", "create", "--project", "nonesuch", "--data-dir", dataDir]);
  assert.match(unknown.err, /^error: no project "nonesuch"/);

  const stopped = await depotServer(["stop", "--data-dir", dataDir]);
  assert.equal(stopped.code, 0, stopped.err);
  assert.equal((await depotServer(["status", "--data-dir", dataDir])).code, 1);
  const again = await depotServer(["stop", "--data-dir", dataDir]);
  assert.deepEqual([again.code, again.out], [0, `no server runs on ${dataDir}\n`]);
  assert.match(await readFile(join(dataDir, "server.log"), "utf8"), /server stopped/);
});

test("a start in the background that fails says why", async (context) => {
  const dataDir = await makeDataDir(context);
  const flags = await onFreePorts(dataDir);
  const DATABASE_URL = "postgres://ann:hunter2@127.0.0.1:1/none";

  const failed = await depotServer(["start", "-d", ...flags], { DATABASE_URL });

  assert.equal(failed.code, 1);
  assert.match(failed.err, /^error: the server did not start: cannot use the database: .*ECONNREFUSED.*\nhint: /);
  assert.doesNotMatch(failed.err, /hunter2/);
});

test("mistakes on the command line and in the environment end in one line and a hint", async () => {
  const flag = await depotServer(["start", "--datadir", "/x"]);
  const variable = await depotServer(["start"], { DEPOT_SERVER_DATADIR: "/x" });
  const command = await depotServer(["strat"]);
  const owner = await depotServer(["token", "create"]);

  assert.match(flag.err, /^error: unknown flag: --datadir\nhint: .*--data-dir/);
  assert.match(variable.err, /^error: unknown setting DEPOT_SERVER_DATADIR\nhint: .*DEPOT_SERVER_DATA_DIR/);
  assert.match(command.err, /^error: unknown command "strat".*\nhint: .*start/);
  assert.match(owner.err, /hint: give exactly one of --user, --org and --project/);
  assert.ok([flag, variable, command, owner].every(({ code }) => code === 1));
  assert.match((await depotServer(["start", "--help"])).out, /--gateway-listen HOST:PORT/);
  assert.match((await depotServer(["--version"])).out, /^depot-server \d/);
});

async function listProjects(url: string, token: string): Promise<number> {
  const response = await fetch(`${url}/depot.cli.v1beta1.ProjectsService/ListProjects`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${token}` },
    body: "{}",
  });
  await response.arrayBuffer();
  return response.status;
}
