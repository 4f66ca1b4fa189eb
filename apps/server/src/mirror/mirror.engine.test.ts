import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { cliV1, coreProjectV1 } from "@opendepot/api/services";
import { isProblem, type Logger, silentLogger } from "@opendepot/base";
import type { Builder, BuilderProvider } from "@opendepot/builder";
import { buildSmall } from "@opendepot/builder/testing";
import { createAuth } from "@opendepot/buildkit";
import { pushImage } from "@opendepot/mirror/testing";
import { openLocalProvider } from "@opendepot/provider-local";
import {
  prepareTestTools,
  runProgram,
  startRegistry,
  testBaseImage,
  testEngineKinds,
  testEngineProgram,
} from "@opendepot/testing";
import { callControl, controlSocketOf } from "../instance/control-socket.ts";
import { startFakeServer, startTestServer, type TestServer } from "../testing/test-server.ts";
import type { MirrorReport } from "./control.ts";

const platform = process.arch === "arm64" ? cliV1.BuilderPlatform.ARM64 : cliV1.BuilderPlatform.AMD64;
const architecture = process.arch === "arm64" ? "arm64" : "amd64";

/** A builder of a new project, as a build gets it. */
async function startBuilder<Provider extends BuilderProvider>(server: TestServer<Provider>): Promise<Builder> {
  const { caPem } = await control<{ caPem: string }>(server, "ca", {});
  const { project } = await server.client(coreProjectV1.ProjectService, { caPem }).createProject({ name: "app" });
  const projectId = project?.projectId ?? "";
  const builds = server.client(cliV1.BuildService, { caPem });
  const { buildId, buildToken } = await builds.createBuild({ projectId });
  const own = server.client(cliV1.BuildService, { token: buildToken, caPem });
  for (;;) {
    const { connection } = await own.getBuildKitConnection({ buildId, platform });
    if (connection.case === "active") break;
  }
  const builder = server.provider.list().find((one) => one.projectId === projectId);
  assert.ok(builder);
  return builder;
}

const control = <Result>(server: { dataDir: string }, method: string, input: unknown): Promise<Result> =>
  callControl<Result>(controlSocketOf(server.dataDir), method, input);

/** A logger that keeps what it is told. */
function recording(): Logger & { readonly lines: string[] } {
  const lines: string[] = [];
  const add = (message: string, fields: unknown): void => void lines.push(`${message} ${JSON.stringify(fields)}`);
  const logger = { lines, debug: add, info: add, warn: add, error: add, with: () => logger };
  return logger;
}

test("each builder gets a door of its own, which is closed when the builder is gone and never logged", async () => {
  await using upstream = await startRegistry();
  const digest = await pushImage(`${upstream.host}/acme/base:1`, await testBaseImage());
  const logger = recording();
  await using server = await startFakeServer({ logger });
  const added = { host: upstream.host, allowsPrivate: true, isPlainHttp: true };
  await control(server, "mirror-add", added);

  const one = await startBuilder(server);
  await startBuilder(server);
  const [first, second] = server.provider.requests.map(({ registries }) => registries);
  const mirror = first?.mirrors.find((candidate) => candidate.upstream === upstream.host);
  assert.ok(mirror && first && second);
  const url = `http://${mirror.host}/v2/${mirror.path.reveal()}/acme/base/manifests/1`;
  const whileItRuns = await fetch(url);
  await server.provider.stop(one.id);
  const afterwards = await fetch(url);

  assert.equal(whileItRuns.headers.get("docker-content-digest"), digest);
  assert.equal(afterwards.status, 404);
  assert.deepEqual(first.hosts, [{ host: new URL(server.url).host, isPlainHttp: true, caPem: undefined }]);
  assert.ok(first.mirrors.some((candidate) => candidate.upstream === "docker.io"));
  const doors = [first, second].map(({ mirrors }) => mirrors[0]?.path.reveal().split("/")[1] ?? "");
  assert.equal(new Set(doors).size, 2);
  for (const door of doors) assert.ok(door.length >= 32 && !logger.lines.some((line) => line.includes(door)));
});

test("with the mirror switched off, builders are only told of the server's own registry", async () => {
  await using server = await startFakeServer({ settings: { mirror: "off" } });

  await startBuilder(server);

  const { registries } = server.provider.requests[0] ?? {};
  assert.deepEqual(registries?.mirrors, []);
  assert.equal(registries?.hosts[0]?.host, new URL(server.url).host);
});

test("administrators add, list and remove registries; a password is never shown, and the data is the server's alone", async () => {
  await using server = await startFakeServer();
  const login = { username: "acme", password: "hunter2-secret" };
  const how = { allowsPrivate: false, isPlainHttp: false };

  await control(server, "mirror-add", { host: "Docker.IO", ...login, ...how });
  await control(server, "mirror-add", { host: "registry.example.com:5000", organization: "default", ...how });
  const listed = await control<{ host: string; organization: string; username: string }[]>(server, "mirror-list", {});
  await control(server, "mirror-rm", { host: "docker.io" });
  const after = await control<typeof listed>(server, "mirror-list", {});

  const brief = (rows: typeof listed): string[] => rows.map((row) => [row.host, row.organization, row.username].join());
  assert.ok(brief(listed).includes("docker.io,,acme"));
  assert.ok(brief(listed).includes("registry.example.com:5000,default,"));
  assert.ok(brief(after).includes("docker.io,,"));
  assert.doesNotMatch(JSON.stringify(listed), /hunter2/);
  assert.equal((await stat(join(server.dataDir, "mirror", "blobs", "sha256"))).mode & 0o077, 0);
  await assert.rejects(control(server, "mirror-add", { host: "../x", ...how }), (error) =>
    isProblem(error, "upstream_invalid"),
  );
  await assert.rejects(control(server, "mirror-add", { host: "docker.io", organization: "nobody", ...how }), (error) =>
    isProblem(error, "organization_not_found"),
  );
});

for (const kind of await testEngineKinds()) {
  test(`a builder with ${kind} trusts a server with a certificate of its own: builds from an imported image, pushes to its registry`, async () => {
    const folder = await mkdtemp(join(tmpdir(), "od-import-"));
    await using cleanup = new AsyncDisposableStack();
    cleanup.defer(() => rm(folder, { recursive: true, force: true }));
    await using upstream = await startRegistry();
    await pushImage(`${upstream.host}/library/base:1`, await testBaseImage());
    const layout = join(folder, "layout");
    await mkdir(layout);
    const { skopeo } = await prepareTestTools();
    const copy = [
      "--insecure-policy",
      "copy",
      "--src-tls-verify=false",
      `docker://${upstream.host}/library/base:1`,
      `oci:${layout}:1`,
    ];
    const copied = await runProgram([skopeo, ...copy]);
    assert.equal(copied.code, 0, copied.stderr);
    await using server = await startTestServer({
      settings: { tls: "own" },
      openProvider: async (dataDir) =>
        openLocalProvider({
          ...{ dataDir, architecture, logger: silentLogger, install: true },
          engine: { path: await testEngineProgram(kind) },
          path: process.env["PATH"] ?? "",
          env: process.env,
        }),
    });
    const name = "docker.io/library/opendepot-imported:1";
    await control(server, "mirror-import", { path: layout, name });

    const builder = await startBuilder(server);
    const dockerfile = 'FROM opendepot-imported:1\nRUN ["/busybox", "echo", "from an import"]\n';
    const { host } = new URL(server.url);
    const auth = Buffer.from(`x-token:${server.adminToken}`).toString("base64");
    await writeFile(join(folder, "config.json"), JSON.stringify({ auths: { [host]: { auth } } }));
    const services = [createAuth({ configFolder: folder, env: {}, fetchesTokens: false })];
    const push = `${host}/${builder.projectId}:pushed`;
    const built = await buildSmall(builder, { dockerfile, services, push });

    assert.match(built.output, /from an import/);
    const login = ["--tls-verify=false", "--creds", `x-token:${server.adminToken}`];
    const pushed = await runProgram([skopeo, "inspect", ...login, "--raw", `docker://${push}`]);
    assert.equal(pushed.code, 0, pushed.stderr);
    const report = await control<MirrorReport>(server, "mirror-status", {});
    assert.deepEqual(report.imported, [name]);
    assert.ok(report.stats.hits > 0);
  });
}
