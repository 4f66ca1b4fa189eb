import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
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
async function depotServer(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  input = "",
): Promise<Outcome> {
  const surroundings = { PATH: process.env["PATH"], HOME: "/nonexistent", ...env };
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [MAIN, ...args],
      { env: surroundings, timeout: 60_000 },
      (error, out, err) => resolve({ code: error ? Number(error.code ?? -1) : 0, out, err }),
    );
    child.stdin?.end(input);
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

test("registries, logins and images of the mirror are kept in order from the command line", async (context) => {
  const dataDir = await makeDataDir(context);
  const started = await depotServer(["start", "--detach", "--mirror-size", "2GB", ...(await onFreePorts(dataDir))]);
  assert.equal(started.code, 0, started.err);
  const mirror = (args: readonly string[], input = ""): Promise<Outcome> =>
    depotServer(["mirror", ...args, "--data-dir", dataDir], {}, input);
  const layout = join(dataDir, "image");
  const manifest = '{"schemaVersion":2,"layers":[]}';
  const digest = createHash("sha256").update(manifest).digest("hex");
  const index = { schemaVersion: 2, manifests: [{ digest: `sha256:${digest}`, size: manifest.length }] };
  await mkdir(join(layout, "blobs/sha256"), { recursive: true });
  await writeFile(join(layout, "oci-layout"), '{"imageLayoutVersion":"1.0.0"}');
  await writeFile(join(layout, "index.json"), JSON.stringify(index));
  await writeFile(join(layout, "blobs/sha256", digest), manifest);

  const login = ["--username", "acme", "--password-stdin"];
  const added = await mirror(["add", "docker.io", ...login], "hunter2-secret\n");
  const listed = await mirror(["list"]);
  const imported = await mirror(["import", layout, "--name", "alpine:3.20"]);
  const status = await mirror(["status"]);
  const forgotten = await mirror(["forget", "docker.io/library/alpine:3.20"]);
  const removed = await mirror(["rm", "docker.io"]);

  for (const { code, err } of [added, listed, imported, status, forgotten, removed]) assert.equal(code, 0, err);
  assert.match(listed.out, /^docker\.io +everybody +acme$/m);
  assert.match(listed.out, /^ghcr\.io +everybody +- +usual$/m);
  assert.equal(imported.out, `docker.io/library/alpine:3.20 sha256:${digest}\n`);
  assert.match(status.out, /of 2 GB, 1 pieces.*imported {2}docker\.io\/library\/alpine:3\.20/s);
  const log = await readFile(join(dataDir, "server.log"), "utf8");
  assert.ok(![added, listed, status].some(({ out, err }) => /hunter2/.test(out + err)) && !log.includes("hunter2"));
  for (const [args, words] of [
    [["rm", "docker.io"], /was not added/],
    [["forget", "alpine"], /was not imported/],
    [["import", join(dataDir, "nowhere")], /no such file/],
    [["add", "docker.io", "--username", "acme"], /half a login/],
  ] as const) {
    const { code, err } = await mirror(args);
    assert.ok(code === 1 && words.test(err) && /^hint: /m.test(err), err);
  }
});
