import assert from "node:assert/strict";
import { linkSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { setXattrs, type XattrFolder, xattrFolder, xattrsOf } from "@opendepot/buildkit/testing";
import {
  type ProgramOutcome,
  runProgram,
  startTestEngine,
  startTestServer,
  type TestServer,
  testBuildx,
  testEngineKinds,
} from "@opendepot/testing";
import { callApi, createProject, helloArguments, listBuilds, listSteps, makeWorkFolder } from "../support.ts";

interface Connection {
  readonly buildId: string;
  readonly buildToken: string;
  readonly endpoint: string;
  readonly driverOptions: string;
}

interface Answer {
  readonly pending?: { waitMs?: number };
  readonly active?: {
    endpoint: string;
    serverName: string;
    cert: { cert: string; key: string };
    caCert: { cert: string };
  };
}

/** Asks for a build and its certificate, as a program without a CLI of its own would. */
async function openConnection(server: TestServer, projectId: string, folder: string): Promise<Connection> {
  const options = [{ command: "COMMAND_BUILDX" }];
  const { buildId, buildToken } = await callApi<{ buildId: string; buildToken: string }>(
    server,
    "/depot.cli.v1.BuildService/CreateBuild",
    { projectId, options },
  );
  const method = "/depot.cli.v1.BuildService/GetBuildKitConnection";
  for (let tries = 0; tries < 100; tries++) {
    const request = { buildId, platform: "BUILDER_PLATFORM_AMD64" };
    const { active, pending } = await callApi<Answer>(server, method, request, buildToken);
    if (!active) {
      await new Promise((resolve) => setTimeout(resolve, pending?.waitMs ?? 100));
      continue;
    }
    const files = { cacert: active.caCert.cert, cert: active.cert.cert, key: active.cert.key };
    for (const [name, pem] of Object.entries(files)) await writeFile(join(folder, `${name}.pem`), pem, { mode: 0o600 });
    const paths = Object.keys(files).map((name) => `${name}=${join(folder, `${name}.pem`)}`);
    const driverOptions = [...paths, `servername=${active.serverName}`].join(",");
    return { buildId, buildToken, endpoint: active.endpoint, driverOptions };
  }
  throw new Error("the builder never became active");
}

for (const engine of await testEngineKinds()) {
  test(`docker buildx builds through the gateway with a build's certificate, and no longer than the build lasts, on ${engine}`, async () => {
    await using server = await startTestServer({ engine });
    await using home = await makeWorkFolder();
    const buildx = await testBuildx();
    const run = (...args: string[]): Promise<ProgramOutcome> =>
      runProgram([buildx, ...args], { cwd: home.path, env: { PATH: process.env["PATH"], HOME: home.path } });
    const project = await createProject(server, "buildx");
    const connection = await openConnection(server, project, home.path);
    const create = ["create", "--name", "depot", "--driver", "remote", "--driver-opt", connection.driverOptions];
    assert.equal((await run(...create, connection.endpoint)).code, 0);
    const build = ["build", "--builder", "depot", "--progress", "plain", ...(await helloArguments(home.path))];

    const built = await run(...build, "--output", `type=local,dest=${join(home.path, "out")}`);
    const pruned = await run("prune", "--builder", "depot", "--all", "--force");
    await callApi(
      server,
      "/depot.cli.v1.BuildService/FinishBuild",
      { buildId: connection.buildId, success: {} },
      connection.buildToken,
    );
    const afterwards = await run(...build);

    assert.equal(built.code, 0, built.stderr);
    assert.match(built.stderr, /rendering index/);
    assert.notEqual(pruned.code, 0);
    assert.match(pruned.stderr, /PermissionDenied/);
    assert.notEqual(afterwards.code, 0, "a finished build's certificate still opens the gateway");
    const [recorded] = await listBuilds(server, project);
    assert.equal(recorded?.status, "BUILD_STATUS_FINISHED");
    const steps = await listSteps(server, project, connection.buildId);
    assert(
      steps.some(({ name, hasLogs }) => name.includes("--mount=type=cache") && hasLogs),
      JSON.stringify(steps),
    );
  });
}

/** A context with a link to a file beside it, and an attribute on the link. */
function poisonedContext(): XattrFolder & { readonly context: string; readonly victim: string } {
  const folder = xattrFolder();
  const [context, victim] = [folder.at("context"), folder.at("victim")];
  mkdirSync(context);
  writeFileSync(victim, "a file of the builder's machine");
  writeFileSync(join(context, "Dockerfile"), "FROM scratch\nCOPY . /\n");
  writeFileSync(join(context, "kept"), "kept");
  symlinkSync(victim, join(context, "link"));
  linkSync(join(context, "link"), join(context, "second-name"));
  setXattrs(join(context, "kept"), { "user.note": "kept" });
  setXattrs(join(context, "link"), { "trusted.evil": "1" });
  return { ...folder, context, victim };
}

async function runBuildx(home: string, ...args: string[]): Promise<ProgramOutcome> {
  const env = { PATH: process.env["PATH"], HOME: home };
  return await runProgram([await testBuildx(), ...args], { cwd: home, env });
}

for (const engine of await testEngineKinds()) {
  test(`attributes on links of a context reach no file of the builder's machine, on ${engine}`, async () => {
    await using server = await startTestServer({ engine });
    await using home = await makeWorkFolder();
    using folder = poisonedContext();
    const connection = await openConnection(server, await createProject(server, "links"), home.path);
    const driver = ["--driver", "remote", "--driver-opt", connection.driverOptions, connection.endpoint];
    assert.equal((await runBuildx(home.path, "create", "--name", "depot", ...driver)).code, 0);
    const tar = join(home.path, "out.tar");

    const outcome = await runBuildx(
      home.path,
      ...["build", "--builder", "depot", "--progress", "plain", "--output", `type=tar,dest=${tar}`, folder.context],
    );

    assert.equal(outcome.code, 0, outcome.stderr);
    assert.deepEqual(xattrsOf(folder.victim), {});
    const archive = readFileSync(tar);
    assert.ok(archive.includes("SCHILY.xattr.user.note=kept"));
    assert.ok(!archive.includes("trusted.evil"));
  });
}

if ((await testEngineKinds()).includes("buildkitd")) {
  test("an engine without the gateway sets them: once one does not, the gateway need not take them away", async () => {
    await using engine = await startTestEngine({ kind: "buildkitd" });
    await using home = await makeWorkFolder();
    using folder = poisonedContext();
    assert.ok(engine.endpoint.kind === "unix");
    const driver = ["--driver", "remote", `unix://${engine.endpoint.path}`];
    assert.equal((await runBuildx(home.path, "create", "--name", "bare", ...driver)).code, 0);

    const outcome = await runBuildx(home.path, "build", "--builder", "bare", folder.context);

    assert.equal(outcome.code, 0, outcome.stderr);
    assert.deepEqual(xattrsOf(folder.victim), { "trusted.evil": "1" });
  });
}
