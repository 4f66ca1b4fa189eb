import assert from "node:assert/strict";
import { test } from "node:test";
import { Code, ConnectError } from "@connectrpc/connect";
import {
  buildV1,
  cliLoginV1beta1,
  cliProjectsV1beta1,
  cliV1,
  coreBuildV1,
  coreOrganizationV1,
  coreProjectV1,
  coreUsageV1,
} from "@opendepot/api/services";
import { Problem } from "@opendepot/base";
import { checkLeaks } from "@opendepot/testing";
import { createTestProject } from "../testing/project.ts";
import { startFakeServer } from "../testing/test-server.ts";

checkLeaks();

const AMD64 = cliV1.BuilderPlatform.AMD64;

function isCode(code: Code, text?: RegExp): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof ConnectError, String(error));
    assert.equal(Code[error.code], Code[code]);
    if (text) assert.match(error.rawMessage, text);
    return true;
  };
}

for (const httpVersion of ["1.1", "2"] as const) {
  test(`a build lives its whole life over HTTP/${httpVersion}`, async () => {
    await using server = await startFakeServer();
    const { projectId } = await createTestProject(server);
    const builds = server.client(cliV1.BuildService, { httpVersion });

    const created = await builds.createBuild({ projectId, options: [{ tags: ["app:1"], targetName: "app" }] });
    assert.equal(created.projectId, projectId);
    assert.equal(created.buildUrl, `${server.url}/projects/${projectId}/builds/${created.buildId}`);

    const own = server.client(cliV1.BuildService, { httpVersion, token: created.buildToken });
    const { connection } = await own.getBuildKitConnection({ buildId: created.buildId, platform: AMD64 });
    assert.equal(connection.case, "active");
    assert.match(connection.value.endpoint, /^tcp:\/\/127\.0\.0\.1:\d+$/);
    assert.match(connection.value.serverName, new RegExp(`^${projectId}-amd64\\.`));
    assert.match(connection.value.cert?.key ?? "", /PRIVATE KEY/);
    assert.match(connection.value.caCert?.cert ?? "", /BEGIN CERTIFICATE/);
    assert.equal(connection.value.caCert?.key, "");

    const health = await own.reportBuildHealth({ buildId: created.buildId, platform: AMD64 });
    assert.equal(health.cancelsAt, undefined);
    assert.equal((await builds.listBuilds({ projectId })).builds[0]?.status, cliV1.BuildStatus.RUNNING);

    const error = { case: "error", value: { error: "exit code: 1" } } as const;
    await own.finishBuild({ buildId: created.buildId, result: error });
    await own.finishBuild({ buildId: created.buildId, result: { case: "success", value: {} } });
    const [listed] = (await builds.listBuilds({ projectId })).builds;
    assert.equal(listed?.status, cliV1.BuildStatus.FAILED);
    assert.ok(listed?.finishedAt);
    assert.ok((await own.reportBuildHealth({ buildId: created.buildId, platform: AMD64 })).cancelsAt);
    await assert.rejects(
      own.getBuildKitConnection({ buildId: created.buildId, platform: AMD64 }),
      isCode(Code.FailedPrecondition, /exit code: 1/),
    );
  });
}

test("statuses that come after the end of a build are kept, with steps, logs and timings", async () => {
  await using server = await startFakeServer();
  const { projectId } = await createTestProject(server);
  const { buildId, buildToken } = await server.client(cliV1.BuildService).createBuild({ projectId });
  const own = server.client(cliV1.BuildService, { token: buildToken });
  await own.finishBuild({ buildId, result: { case: "success", value: {} } });

  const digest = "sha256:launch";
  async function* batches() {
    yield { buildId, statuses: [{ vertexes: [{ digest, name: "launching", started: { seconds: 1n } }] }] };
    yield {
      buildId,
      statuses: [{ logs: [{ vertex: digest, timestamp: { seconds: 2n }, stream: 1n, msg: Buffer.from("up\n") }] }],
      stableDigests: { [digest]: "stable" },
    };
  }
  await own.reportStatusStream(batches());
  await own.reportStatus({ buildId, statuses: [{ vertexes: [{ digest: "sha256:b", name: "b", cached: true }] }] });
  await own.reportTimings({ buildId, buildSteps: [{ name: "timed", startTime: { seconds: 5n }, durationMs: 1500 }] });
  await own.reportBuildContext({
    buildId,
    dockerfiles: [{ target: "app", filename: "Dockerfile", contents: "FROM x" }],
  });

  const steps = server.client(buildV1.BuildService);
  const { buildSteps } = await steps.getBuildSteps({ projectId, buildId });
  assert.deepEqual(buildSteps.map(({ name }) => name).sort(), ["b", "launching", "timed"]);
  const timed = buildSteps.find(({ name }) => name === "timed");
  assert.equal(timed?.completedAt?.seconds, 6n);
  assert.equal(timed?.completedAt?.nanos, 500_000_000);
  const { logs } = await steps.getBuildStepLogs({ projectId, buildId, buildStepDigest: digest });
  assert.deepEqual(
    logs.map(({ message }) => message),
    ["up\n"],
  );
  const { build } = await server.client(coreBuildV1.BuildService).getBuild({ buildId });
  assert.equal(build?.totalSteps, 3);
  assert.equal(build?.cachedSteps, 1);
});

test("pages of steps and logs lead through all of them", async () => {
  await using server = await startFakeServer();
  const { projectId } = await createTestProject(server);
  const builds = server.client(cliV1.BuildService);
  const { buildId } = await builds.createBuild({ projectId });
  const vertexes = Array.from({ length: 5 }, (_, index) => ({ digest: `sha256:${index}`, name: `step ${index}` }));
  const logs = Array.from({ length: 5 }, (_, index) => ({
    ...{ vertex: "sha256:0", timestamp: { nanos: index }, stream: 1n, msg: Buffer.from(`${index}`) },
  }));
  await builds.reportStatus({ buildId, statuses: [{ vertexes, logs }] });
  const steps = server.client(buildV1.BuildService);

  const seen: string[] = [];
  for (let pageToken: string | undefined = ""; pageToken !== undefined; ) {
    const page: buildV1.GetBuildStepsResponse = await steps.getBuildSteps({
      projectId,
      buildId,
      pageSize: 2,
      pageToken,
    });
    seen.push(...page.buildSteps.map(({ name }) => name));
    pageToken = page.nextPageToken;
  }
  const lines: string[] = [];
  for (let pageToken: string | undefined = ""; pageToken !== undefined; ) {
    const page: buildV1.GetBuildStepLogsResponse = await steps.getBuildStepLogs({
      ...{ projectId, buildId, buildStepDigest: "sha256:0", pageSize: 2, pageToken },
    });
    lines.push(...page.logs.map(({ message }) => message));
    pageToken = page.nextPageToken;
  }

  assert.deepEqual(
    seen,
    vertexes.map(({ name }) => name),
  );
  assert.deepEqual(lines, ["0", "1", "2", "3", "4"]);
  await assert.rejects(
    steps.getBuildSteps({ projectId, buildId, pageToken: "nonsense" }),
    isCode(Code.InvalidArgument),
  );
});

test("a token reaches what it is for and nothing else", async () => {
  await using server = await startFakeServer();
  const mine = await createTestProject(server);
  const other = await createTestProject(server);
  const admin = server.client(cliV1.BuildService);
  const foreign = await admin.createBuild({ projectId: other.projectId });
  const { secret } = await server.client(coreProjectV1.ProjectService).createToken({ projectId: mine.projectId });
  const withProject = { token: secret };
  const builds = server.client(cliV1.BuildService, withProject);

  const own = await builds.createBuild({});
  assert.equal(own.projectId, mine.projectId, "a project token needs no project id");
  const { buildId } = foreign;
  const success = { case: "success", value: {} } as const;
  for (const attempt of [
    () => builds.createBuild({ projectId: other.projectId }),
    () => builds.listBuilds({ projectId: other.projectId }),
    () => builds.getBuild({ buildId }),
    () => builds.getBuildKitConnection({ buildId, platform: AMD64 }),
    () => builds.reportBuildHealth({ buildId, platform: AMD64 }),
    () => builds.finishBuild({ buildId, result: success }),
    () => builds.reportStatus({ buildId }),
    () => builds.reportTimings({ buildId }),
    () => builds.reportBuildContext({ buildId }),
    () =>
      server.client(cliProjectsV1beta1.ProjectsService, withProject).resetProjectCache({ projectId: other.projectId }),
    () => server.client(coreProjectV1.ProjectService, withProject).getProject({ projectId: other.projectId }),
    () => server.client(coreBuildV1.BuildService, withProject).getBuild({ buildId }),
    () => server.client(buildV1.BuildService, withProject).getBuildSteps({ projectId: other.projectId, buildId }),
  ]) {
    await assert.rejects(attempt(), isCode(Code.NotFound), String(attempt));
  }
  const projects = server.client(coreProjectV1.ProjectService, withProject);
  await assert.rejects(projects.deleteProject({ projectId: mine.projectId }), isCode(Code.PermissionDenied));
  await assert.rejects(projects.createProject({ name: "x" }), isCode(Code.PermissionDenied));
  await assert.rejects(projects.createToken({ projectId: mine.projectId }), isCode(Code.PermissionDenied));
  const { projects: visible } = await server.client(cliProjectsV1beta1.ProjectsService, withProject).listProjects({});
  assert.deepEqual(
    visible.map(({ id }) => id),
    [mine.projectId],
  );

  const withBuild = { token: own.buildToken };
  const asBuild = server.client(cliV1.BuildService, withBuild);
  assert.equal((await asBuild.getBuild({ buildId: own.buildId })).projectId, mine.projectId);
  await assert.rejects(asBuild.getBuild({ buildId }), isCode(Code.NotFound));
  await assert.rejects(asBuild.createBuild({ projectId: mine.projectId }), isCode(Code.NotFound));
  await assert.rejects(asBuild.listBuilds({ projectId: mine.projectId }), isCode(Code.NotFound));
  await assert.rejects(asBuild.createBuild({}), isCode(Code.NotFound));
  const { projects: none } = await server.client(cliProjectsV1beta1.ProjectsService, withBuild).listProjects({});
  assert.deepEqual(none, []);
});

test("calls without a good token are refused, each for its own reason", async () => {
  await using server = await startFakeServer();
  const { projectId } = await createTestProject(server);
  const projects = server.client(coreProjectV1.ProjectService);
  const revoked = await projects.createToken({ projectId, description: "ci" });
  await projects.deleteToken({ tokenId: revoked.tokenId });
  const call = (token: string | null) => server.client(cliProjectsV1beta1.ProjectsService, { token }).listProjects({});

  await assert.rejects(call(null), isCode(Code.Unauthenticated, /no token/));
  await assert.rejects(call("odu_wrong"), isCode(Code.Unauthenticated, /not one of this server/));
  await assert.rejects(call(`${server.adminToken}x`), isCode(Code.Unauthenticated));
  await assert.rejects(call("x".repeat(5000)), isCode(Code.Unauthenticated));
  await assert.rejects(call(revoked.secret), isCode(Code.Unauthenticated, /revoked/));
  assert.deepEqual((await projects.listTokens({ projectId })).tokens, []);
});

test("an unknown project is not_found, and so is a project that was left out where there are several", async () => {
  await using server = await startFakeServer();
  const builds = server.client(cliV1.BuildService);

  await assert.rejects(builds.createBuild({}), isCode(Code.NotFound, /may see 0/));
  const { projectId } = await createTestProject(server);
  assert.equal((await builds.createBuild({})).projectId, projectId, "the only project needs no name");
  await createTestProject(server);
  await assert.rejects(builds.createBuild({}), isCode(Code.NotFound, /may see 2/));
  await assert.rejects(builds.createBuild({ projectId: "nonesuch" }), isCode(Code.NotFound, /nonesuch/));
});

test("a builder that cannot start ends the call with the provider's reason", async () => {
  await using server = await startFakeServer();
  const { projectId } = await createTestProject(server);
  const builds = server.client(cliV1.BuildService);
  const { buildId } = await builds.createBuild({ projectId });
  server.provider.beforeStart = async () => {
    throw new Problem("engine_missing", "no engine on this machine", { hint: "install buildkitd" });
  };

  await assert.rejects(
    builds.getBuildKitConnection({ buildId, platform: AMD64 }),
    isCode(Code.FailedPrecondition, /no engine on this machine/),
  );
});

test("projects are created, changed, reset and deleted with everything that is theirs", async () => {
  await using server = await startFakeServer();
  const projects = server.client(coreProjectV1.ProjectService);
  const builds = server.client(cliV1.BuildService);

  const { project } = await projects.createProject({ name: " app ", regionId: "eu", cachePolicy: { keepGb: 25 } });
  assert.equal(project?.name, "app");
  assert.equal(project?.cachePolicy?.keepBytes, 25_000_000_000n);
  assert.equal(project?.cachePolicy?.keepDays, 0);
  const projectId = project?.projectId ?? "";
  const policy = { keepBytes: 10_000_000_000n, keepDays: 3 };
  const { project: changed } = await projects.updateProject({ projectId, name: "web", cachePolicy: policy });
  assert.equal(changed?.name, "web");
  assert.equal(changed?.regionId, "eu");
  assert.equal(changed?.cachePolicy?.keepGb, 10);

  const { buildId } = await builds.createBuild({ projectId });
  await builds.getBuildKitConnection({ buildId, platform: AMD64 });
  const reset = await server.client(cliProjectsV1beta1.ProjectsService).resetProjectCache({ projectId });
  assert.deepEqual([reset.name, reset.orgName], ["web", "default"]);
  await projects.deleteProject({ projectId });

  assert.deepEqual(server.provider.calls, [
    `start ${projectId}-amd64`,
    `reset ${projectId}-amd64`,
    `reset ${projectId}-amd64`,
  ]);
  await assert.rejects(projects.getProject({ projectId }), isCode(Code.NotFound));
  await assert.rejects(builds.getBuild({ buildId }), isCode(Code.NotFound));
  const { organizations } = await server.client(coreOrganizationV1.OrganizationService).listOrganizations({});
  assert.deepEqual(
    organizations.map(({ name }) => name),
    ["default"],
  );
});

test("bad arguments are refused with what is wrong with them", async () => {
  await using server = await startFakeServer();
  const { projectId } = await createTestProject(server);
  const projects = server.client(coreProjectV1.ProjectService);
  const builds = server.client(cliV1.BuildService);
  const { buildId } = await builds.createBuild({ projectId });

  await assert.rejects(projects.createProject({ name: "" }), isCode(Code.InvalidArgument, /name/));
  await assert.rejects(projects.createProject({ name: "a\u001b[31mb" }), isCode(Code.InvalidArgument, /name/));
  await assert.rejects(
    projects.createProject({ name: "x", cachePolicy: { keepBytes: -5n } }),
    isCode(Code.InvalidArgument, /-5 bytes/),
  );
  await assert.rejects(
    projects.updateProject({ projectId, cachePolicy: { keepDays: -1 } }),
    isCode(Code.InvalidArgument, /days/),
  );
  await assert.rejects(builds.finishBuild({ buildId }), isCode(Code.InvalidArgument));
  await assert.rejects(builds.listBuilds({ projectId, pageToken: "%%%" }), isCode(Code.InvalidArgument, /page token/));
});

test("what belongs to later versions answers unimplemented, also without a token where there is none yet", async () => {
  await using server = await startFakeServer();

  await assert.rejects(
    server.client(cliLoginV1beta1.LoginService, { token: null }).startLogin({}),
    isCode(Code.Unimplemented),
  );
  await assert.rejects(server.client(coreUsageV1.UsageService).getUsage({}), isCode(Code.Unimplemented));
});

test("a server that drains takes no new builds and lets those that run end", async () => {
  await using server = await startFakeServer();
  const { projectId } = await createTestProject(server);
  const builds = server.client(cliV1.BuildService);
  const { buildId } = await builds.createBuild({ projectId });

  const draining = server.server.drain(AbortSignal.timeout(10_000));
  await assert.rejects(builds.createBuild({ projectId }), isCode(Code.Unavailable));
  assert.equal((await fetch(`${server.url}/healthz`)).status, 503);
  const { connection } = await builds.getBuildKitConnection({ buildId, platform: AMD64 });
  assert.equal(connection.case, "active");
  await builds.finishBuild({ buildId, result: { case: "success", value: {} } });

  await draining;
});

test("health and metrics answer without a token and without secrets", async () => {
  await using server = await startFakeServer();
  const { projectId } = await createTestProject(server);
  await server.client(cliV1.BuildService).createBuild({ projectId });

  const health = await fetch(`${server.url}/healthz`);
  const metrics = await (await fetch(`${server.url}/metrics`)).text();

  assert.equal(await health.text(), "ok\n");
  assert.match(metrics, /^depot_builds_open 1$/m);
  assert.match(
    metrics,
    /depot_api_call_seconds_count\{method="depot\.cli\.v1\.BuildService\/CreateBuild",code="ok"\} 1/,
  );
  assert.ok(!metrics.includes(projectId) && !metrics.includes(server.adminToken));
  assert.equal((await fetch(`${server.url}/nowhere`)).status, 404);
  assert.equal((await fetch(`${server.url}/healthz`, { method: "POST" })).status, 405);
});
