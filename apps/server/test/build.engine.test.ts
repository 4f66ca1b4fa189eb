import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { type Client, createClient, type Interceptor } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import { buildV1, cliV1, coreProjectV1 } from "@opendepot/api/services";
import { createFileSync, openBuildkit, type SolveResult, solve } from "@opendepot/buildkit";
import { checkLeaks, startTestServer, type TestServer, testBaseImage, testEngineKinds } from "@opendepot/testing";

checkLeaks();

const platform = cliV1.BuilderPlatform.AMD64;
const BASE = `FROM scratch
COPY busybox /bin/busybox
RUN ["/bin/busybox", "--install", "-s", "/bin"]
`;

function clientsOf(url: string, token: string) {
  const authorize: Interceptor = (next) => async (request) => {
    request.header.set("authorization", `Bearer ${token}`);
    return next(request);
  };
  const transport = createConnectTransport({
    ...{ baseUrl: url, httpVersion: "2", interceptors: [authorize], idleConnectionTimeoutMs: 50 },
  });
  return {
    builds: createClient(cliV1.BuildService, transport),
    steps: createClient(buildV1.BuildService, transport),
    projects: createClient(coreProjectV1.ProjectService, transport),
  };
}

type Builds = Client<typeof cliV1.BuildService>;

/** Asks for a builder until it is up, as clients do. */
async function connect(builds: Builds, buildId: string): Promise<cliV1.GetBuildKitConnectionResponse_ActiveConnection> {
  for (;;) {
    const { connection } = await builds.getBuildKitConnection({ buildId, platform });
    if (connection.case === "active") return connection.value;
    await sleep(connection.value?.waitMs ?? 100);
  }
}

/** Builds the Dockerfile on the build's own builder, through the gateway. */
async function buildOn(
  { endpoint, serverName, cert, caCert }: cliV1.GetBuildKitConnectionResponse_ActiveConnection,
  dockerfile: string,
  signal: AbortSignal,
): Promise<SolveResult> {
  const { hostname: host, port } = new URL(endpoint);
  const tls = { ca: caCert?.cert ?? "", cert: cert?.cert ?? "", key: cert?.key ?? "", serverName };
  const folder = await mkdtemp(join(tmpdir(), "depot-build-"));
  try {
    await writeFile(join(folder, "Dockerfile"), dockerfile);
    await using client = await openBuildkit({ kind: "tcp", host, port: Number(port), tls }, { signal });
    const sync = createFileSync({ dockerfile: { path: folder }, context: { path: await testBaseImage() } });
    return await solve(client, { frontend: "dockerfile.v0", services: [sync] }, { signal });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function createProject(server: TestServer): Promise<string> {
  const { project } = await clientsOf(server.url, server.token).projects.createProject({ name: "app" });
  return project?.projectId ?? "";
}

/** A port that nobody uses at this moment. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === "object" && address ? address.port : 0;
}

async function makeFolder(context: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "depot-data-"));
  context.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Statuses are written a moment after they were taken. */
async function untilSteps(
  steps: Client<typeof buildV1.BuildService>,
  build: { projectId: string; buildId: string },
  isComplete: (listed: readonly buildV1.GetBuildStepsResponse_BuildStep[]) => boolean,
): Promise<readonly buildV1.GetBuildStepsResponse_BuildStep[]> {
  for (let attempt = 0; ; attempt++) {
    const { buildSteps } = await steps.getBuildSteps(build);
    if (isComplete(buildSteps) || attempt > 100) return buildSteps;
    await sleep(50);
  }
}

for (const engine of await testEngineKinds()) {
  test(`a build on ${engine} leaves its steps and logs, and the next one comes from the cache`, async ({ signal }) => {
    await using server = await startTestServer({ engine, signal });
    const projectId = await createProject(server);
    const { builds, steps } = clientsOf(server.url, server.token);
    const dockerfile = `${BASE}RUN echo hello from the step; echo oops >&2\n`;
    const cacheStates: buildV1.GetBuildStepsResponse_BuildStep_CacheState[] = [];

    for (let round = 0; round < 2; round++) {
      const { buildId, buildToken } = await builds.createBuild({ projectId });
      const own = clientsOf(server.url, buildToken).builds;
      await buildOn(await connect(own, buildId), dockerfile, signal);
      await own.finishBuild({ buildId, result: { case: "success", value: {} } });

      const listed = await untilSteps(steps, { projectId, buildId }, (found) =>
        found.some(({ name, completedAt }) => name.includes("RUN echo") && completedAt),
      );
      const step = listed.find(({ name }) => name.includes("RUN echo"));
      assert.match(step?.digest ?? "", /^sha256:/);
      cacheStates.push(step?.cacheState ?? 0);
      if (round > 0) continue;
      const { logs } = await steps.getBuildStepLogs({ projectId, buildId, buildStepDigest: step?.digest ?? "" });
      const text = logs.map(({ message }) => message).join("");
      assert.match(text, /hello from the step\n/);
      assert.match(text, /oops\n/);
    }

    const { UNCACHED, CACHED } = buildV1.GetBuildStepsResponse_BuildStep_CacheState;
    assert.deepEqual(cacheStates, [UNCACHED, CACHED]);
  });
}

test("a server that is killed in the middle of a build loses neither the build nor its end nor the cache", async (context) => {
  const { signal } = context;
  const [engine = "buildkitd"] = await testEngineKinds();
  const dataDir = await makeFolder(context);
  // The next server must be found where the first one was, as with fixed ports.
  const flags = ["--listen", `127.0.0.1:${await freePort()}`, "--gateway-listen", `127.0.0.1:${await freePort()}`];
  const first = await startTestServer({ engine, dataDir, flags, signal });
  const projectId = await createProject(first);
  const { builds } = clientsOf(first.url, first.token);
  const { buildId, buildToken } = await builds.createBuild({ projectId });
  const own = clientsOf(first.url, buildToken).builds;
  const connection = await connect(own, buildId);
  await buildOn(connection, BASE, signal);

  const broken = buildOn(connection, `${BASE}RUN sleep 60\n`, signal);
  await sleep(700);
  const killedAt = Date.now();
  await first.kill();
  await assert.rejects(broken);
  assert.ok(Date.now() - killedAt < 2500, "the client is told at once");

  await using _second = await startTestServer({ engine, dataDir, flags, signal });
  const { connection: renewed } = await own.getBuildKitConnection({ buildId, platform });
  assert.ok(renewed.case === "active" || renewed.case === "pending", "the build goes on");
  // The certificate of before still opens the gateway: its authority is kept.
  await connect(own, buildId);
  await buildOn(connection, BASE, signal);
  assert.equal(await statusOf(builds, projectId, buildId), cliV1.BuildStatus.RUNNING);
  await own.finishBuild({ buildId, result: { case: "success", value: {} } });
  assert.equal(await statusOf(builds, projectId, buildId), cliV1.BuildStatus.FINISHED);
});

test("a server that is stopped cuts what still runs after its limit, and hears how it ended", async (context) => {
  const { signal } = context;
  const [engine = "buildkitd"] = await testEngineKinds();
  const dataDir = await makeFolder(context);
  const first = await startTestServer({ engine, dataDir, flags: ["--drain-timeout", "300ms"], signal });
  const projectId = await createProject(first);
  const { builds } = clientsOf(first.url, first.token);
  const { buildId, buildToken } = await builds.createBuild({ projectId });
  const own = clientsOf(first.url, buildToken).builds;
  const connection = await connect(own, buildId);
  const cut = buildOn(connection, `${BASE}RUN sleep 60\n`, signal);
  cut.catch(() => undefined);
  await sleep(700);

  const stopping = first[Symbol.asyncDispose]();
  await assert.rejects(cut, /server was stopped/);
  await own.finishBuild({ buildId, result: { case: "error", value: { error: "cut" } } });
  await stopping;

  await using second = await startTestServer({ engine, dataDir, signal });
  const again = clientsOf(second.url, second.token).builds;
  assert.equal(await statusOf(again, projectId, buildId), cliV1.BuildStatus.FAILED);
});

async function statusOf(builds: Builds, projectId: string, buildId: string): Promise<cliV1.BuildStatus | undefined> {
  const { builds: listed } = await builds.listBuilds({ projectId });
  return listed.find(({ id }) => id === buildId)?.status;
}
