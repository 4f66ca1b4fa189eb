import assert from "node:assert/strict";
import { test } from "node:test";
import { cliV1, coreProjectV1 } from "@opendepot/api/services";
import { checkLeaks } from "@opendepot/testing";
import { createTestProject } from "../testing/project.ts";
import { startFakeServer } from "../testing/test-server.ts";

checkLeaks();

const basic = (token: string, user = "x-token"): { authorization: string } => ({
  authorization: `Basic ${btoa(`${user}:${token}`)}`,
});

test("a build's page and logs open with a token of the project, and for nobody else", async () => {
  await using server = await startFakeServer();
  const { projectId } = await createTestProject(server);
  const other = await createTestProject(server);
  const builds = server.client(cliV1.BuildService);
  const { buildId, buildUrl, buildToken } = await builds.createBuild({ projectId });
  const tokens = server.client(coreProjectV1.ProjectService);
  const [own, foreign] = [await tokens.createToken({ projectId }), await tokens.createToken(other)];
  const log = { vertex: "sha256:a", timestamp: {}, stream: 1n, msg: Buffer.from("<b>hello</b>\n") };
  const vertexes = [{ digest: "sha256:a", name: "RUN <script>", started: { seconds: 1n } }];
  await builds.reportStatus({ buildId, statuses: [{ vertexes, logs: [log] }] });

  const denied = await fetch(buildUrl);
  assert.equal(denied.status, 401);
  assert.match(denied.headers.get("www-authenticate") ?? "", /^Basic realm=/);
  const statusOf = async (url: string, token: string, user?: string): Promise<number> =>
    (await fetch(url, { headers: basic(token, user) })).status;
  assert.equal(await statusOf(buildUrl, "odu_wrong"), 401);
  assert.equal(await statusOf(buildUrl, own.secret, "somebody"), 401);
  assert.equal(await statusOf(buildUrl, foreign.secret), 404);
  assert.equal(await statusOf(buildUrl.replace(projectId, other.projectId), server.adminToken), 404);
  assert.equal(await statusOf(`${buildUrl}x`, server.adminToken), 404);
  for (const token of [own.secret, server.adminToken, buildToken]) assert.equal(await statusOf(buildUrl, token), 200);

  const response = await fetch(buildUrl, { headers: basic(own.secret) });
  assert.match(response.headers.get("content-security-policy") ?? "", /default-src 'none'/);
  assert.equal(response.headers.get("cache-control"), "no-store");
  const page = await response.text();
  assert.match(page, /RUN &lt;script&gt;/);
  assert.match(page, /&lt;b&gt;hello/);
  assert.doesNotMatch(page, /<script|<b>/);

  const logUrl = `${buildUrl}/steps/1/log`;
  const more = { ...log, timestamp: { seconds: 1n }, msg: Buffer.from("more\n") };
  await builds.reportStatus({ buildId, statuses: [{ logs: [more] }] });
  const whole = await fetch(logUrl, { headers: basic(own.secret) });
  assert.match(whole.headers.get("content-type") ?? "", /^text\/plain/);
  assert.equal(await whole.text(), "<b>hello</b>\nmore\n");
  assert.equal((await fetch(logUrl)).status, 401);
  assert.equal(await statusOf(logUrl, foreign.secret), 404);
  assert.equal(await statusOf(`${buildUrl}/steps/99/log`, own.secret), 404);
});
