import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { after, before, suite, test } from "node:test";
import { Code, ConnectError } from "@connectrpc/connect";
import { cliPushV1, cliV1, coreProjectV1, registryV1 } from "@opendepot/api/services";
import type { FakeProvider } from "../testing/fake-provider.ts";
import { createTestProject } from "../testing/project.ts";
import { startFakeServer, type TestServer } from "../testing/test-server.ts";

const MANIFEST = "application/vnd.oci.image.manifest.v1+json";

const isCode = (code: Code, text?: RegExp) => (error: unknown) => {
  assert.ok(error instanceof ConnectError, String(error));
  assert.equal(Code[error.code], Code[code], error.message);
  if (text) assert.match(error.rawMessage, text);
  return true;
};

suite("saved images", () => {
  let server: TestServer<FakeProvider>;
  let host: string;
  before(async () => {
    server = await startFakeServer();
    host = new URL(server.url).host;
  });
  after(() => server[Symbol.asyncDispose]());

  const builds = () => server.client(cliV1.BuildService);
  const images = () => server.client(registryV1.RegistryService);

  async function createBuild(projectId: string, saveTags: string[] = []): Promise<cliV1.CreateBuildResponse> {
    return await builds().createBuild({ projectId, options: [{ command: 1, save: true, saveTags }] });
  }

  function ask(method: string, path: string, { token, ...init }: RequestInit & { token?: string } = {}) {
    const login = Buffer.from(`x-token:${token ?? server.adminToken}`).toString("base64");
    return fetch(`${server.url}/v2/${path}`, {
      ...init,
      method,
      headers: { authorization: `Basic ${login}`, ...init.headers },
    });
  }

  /** Pushes an image without layers under `repository:tag`; the status of the first step that is refused, or 201. */
  async function push(name: string, token?: string, content = name): Promise<number> {
    const [repository = "", tag = ""] = name.split(":");
    const config = Buffer.from(JSON.stringify({ content }));
    const digest = `sha256:${createHash("sha256").update(config).digest("hex")}`;
    const as = token === undefined ? {} : { token };
    const blob = await ask("POST", `${repository}/blobs/uploads/?digest=${digest}`, {
      ...as,
      body: config,
      headers: { "content-type": "application/octet-stream" },
    });
    if (blob.status !== 201) return blob.status;
    const descriptor = { mediaType: "application/vnd.oci.image.config.v1+json", digest, size: config.length };
    const manifest = JSON.stringify({ schemaVersion: 2, mediaType: MANIFEST, config: descriptor, layers: [] });
    const put = await ask("PUT", `${repository}/manifests/${tag}`, {
      ...as,
      body: manifest,
      headers: { "content-type": MANIFEST },
    });
    return put.status;
  }

  async function pullStatus(name: string, token: string): Promise<number> {
    const [repository, tag] = name.split(":");
    return (await ask("GET", `${repository}/manifests/${tag}`, { token, headers: { accept: MANIFEST } })).status;
  }

  test("a build is told where to push and with what, and what it pushed is pulled by its id", async () => {
    const { projectId } = await createTestProject(server);

    const build = await createBuild(projectId, ["v1", "team/app:v1"]);

    assert.deepEqual(
      build.additionalTags.map(({ tag, push: isPushed }) => [tag, isPushed]),
      [
        [`${host}/${projectId}:${build.buildId}`, true],
        [`${host}/${projectId}:v1`, true],
        [`${host}/${projectId}/team/app:v1`, true],
      ],
    );
    const [credential] = build.additionalCredentials;
    assert.equal(credential?.host, host);
    const [username, token] = Buffer.from(credential?.token ?? "", "base64")
      .toString()
      .split(":");
    assert.deepEqual([username, token], ["x-token", build.buildToken]);

    for (const { tag } of build.additionalTags) assert.equal(await push(tag.slice(host.length + 1), token), 201);
    await builds().finishBuild({ buildId: build.buildId, result: { case: "success", value: {} } });
    assert.equal(await push(`${projectId}:late`, token), 403);

    const info = await builds().getPullInfo({ buildId: build.buildId });
    assert.equal(info.reference, `${host}/${projectId}:${build.buildId}`);
    assert.deepEqual([info.username, info.options[0]?.save, info.saveForLoad], ["x-token", true, false]);
    assert.equal(await pullStatus(info.reference.slice(host.length + 1), info.password), 200);
    assert.equal(await push(`${projectId}:other`, info.password), 403);
    const listed = await images().listImages({ projectId });
    assert.deepEqual(listed.images.map(({ tag }) => tag).sort(), [build.buildId, "team/app:v1", "v1"].sort());
    assert.ok(listed.images.every(({ digest, sizeBytes }) => digest.startsWith("sha256:") && sizeBytes > 0n));
  });

  test("a build without anything to save is told of no registry", async () => {
    const { projectId } = await createTestProject(server);
    const build = await builds().createBuild({ projectId, options: [{ command: 1, saveTags: ["v1"] }] });
    assert.deepEqual([build.additionalTags, build.additionalCredentials], [[], []]);
  });

  test("a tag that names another registry is refused before the build is written", async () => {
    const { projectId } = await createTestProject(server);
    await assert.rejects(createBuild(projectId, ["ghcr.io/acme/app:v1"]), isCode(Code.InvalidArgument, /ghcr\.io/));
    assert.deepEqual((await builds().listBuilds({ projectId })).builds, []);
  });

  test("tokens reach their own project and nothing else", async () => {
    const [mine, others] = [await createTestProject(server), await createTestProject(server)];
    const projects = server.client(coreProjectV1.ProjectService);
    const { secret } = await projects.createToken({ projectId: mine.projectId, description: "ci" });
    const build = await createBuild(mine.projectId);
    const { token: pulls } = await builds().getPullToken({ projectId: mine.projectId });
    assert.equal(await push(`${others.projectId}:secret`), 201);
    assert.equal(await push(`${mine.projectId}:v1`, secret), 201);

    for (const token of [secret, build.buildToken, pulls]) {
      assert.equal(await pullStatus(`${mine.projectId}:v1`, token), 200);
      assert.equal(await pullStatus(`${others.projectId}:secret`, token), 403);
      assert.equal(await push(`${others.projectId}:x`, token), 403);
    }
    assert.equal(await push(`${mine.projectId}:x`, pulls), 403);
    assert.equal(await pullStatus(`${mine.projectId}:v1`, "odr_none"), 401);
    assert.equal(await push("nobody/x:1"), 403);
    const withPulls = server.client(cliV1.BuildService, { token: pulls });
    await assert.rejects(withPulls.getPullToken({ projectId: mine.projectId }), isCode(Code.PermissionDenied));
    await assert.rejects(withPulls.createBuild({ projectId: mine.projectId }), isCode(Code.NotFound));
    assert.match((await withPulls.getPullInfo({ buildId: build.buildId })).reference, /:/);
    await assert.rejects(
      server.client(cliV1.BuildService, { token: secret }).getPullToken({ projectId: others.projectId }),
      isCode(Code.NotFound),
    );
  });

  test("a pull token of one build says nothing of another", async () => {
    const { projectId } = await createTestProject(server);
    const [one, other] = [await createBuild(projectId), await createBuild(projectId)];
    const { token } = await builds().getPullToken({ buildId: one.buildId, projectId });
    const client = server.client(cliV1.BuildService, { token });
    assert.match((await client.getPullInfo({ buildId: one.buildId })).reference, /:/);
    await assert.rejects(client.getPullInfo({ buildId: other.buildId }), isCode(Code.NotFound));
    const { projectId: elsewhere } = await createTestProject(server);
    await assert.rejects(
      builds().getPullToken({ buildId: one.buildId, projectId: elsewhere }),
      isCode(Code.InvalidArgument),
    );
  });

  test("images are listed over pages and repositories, and removed by their names", async () => {
    const { projectId } = await createTestProject(server);
    const names = ["a", "b", "c", "app:1", "app:2", "lib/x:1"];
    for (const name of names) {
      const repository = name.includes(":") ? `${projectId}/${name}` : `${projectId}:${name}`;
      assert.equal(await push(repository), 201);
    }

    const listed: string[] = [];
    for (let pageToken = ""; ; ) {
      const page = await images().listImages({ projectId, pageSize: 2, pageToken });
      listed.push(...page.images.map(({ tag }) => tag));
      pageToken = page.nextPageToken ?? "";
      if (pageToken === "") break;
    }
    assert.deepEqual(listed, ["c", "b", "a", "app:2", "app:1", "lib/x:1"]);

    await images().deleteImage({ projectId, imageTags: ["a", "app:1"] });
    await assert.rejects(
      images().deleteImage({ projectId, imageTags: ["b", "nope"] }),
      isCode(Code.NotFound, /"nope"/),
    );
    const left = (await images().listImages({ projectId })).images.map(({ tag }) => tag);
    assert.deepEqual(left, ["c", "app:2", "lib/x:1"]);
    await assert.rejects(images().listImages({ projectId, pageToken: "eHg" }), isCode(Code.InvalidArgument));
    await assert.rejects(images().listImages({ projectId: "nope" }), isCode(Code.NotFound));
  });

  test("images stay as long as their project says, those that are there already too", async () => {
    const { projectId } = await createTestProject(server);
    const projects = server.client(coreProjectV1.ProjectService);
    for (const tag of ["1", "2", "3"]) assert.equal(await push(`${projectId}:${tag}`), 201);
    assert.equal(await push(`${projectId}/app:1`), 201);

    const { project } = await projects.updateProject({ projectId, imageRetention: { keepDays: 0, keepCount: 2 } });

    assert.deepEqual({ ...project?.imageRetention }, { ...project?.imageRetention, keepDays: 0, keepCount: 2 });
    const tagsLeft = async (): Promise<string[]> =>
      (await images().listImages({ projectId })).images.map(({ tag }) => tag);
    assert.deepEqual(await tagsLeft(), ["3", "2", "app:1"]);
    await assert.rejects(
      projects.updateProject({ projectId, imageRetention: { keepDays: 1, keepCount: 2 } }),
      isCode(Code.InvalidArgument),
    );
  });

  test("a project takes its images along when it is deleted", async () => {
    const { projectId } = await createTestProject(server);
    const token = (await builds().getPullToken({ projectId })).token;
    assert.equal(await push(`${projectId}:v1`), 201);

    await server.client(coreProjectV1.ProjectService).deleteProject({ projectId });

    assert.equal(await pullStatus(`${projectId}:v1`, token), 401);
    assert.equal(await pullStatus(`${projectId}:v1`, server.adminToken), 403);
  });

  test("a copy elsewhere is remembered from its start to its end", async () => {
    const { projectId } = await createTestProject(server);
    const { buildId } = await createBuild(projectId);
    const pushes = server.client(cliPushV1.PushService);

    const { pushId } = await pushes.startPush({ buildId, tag: "registry.example/app:1" });
    await pushes.finishPush({ pushId, buildId, error: "denied" });

    await assert.rejects(pushes.finishPush({ pushId, buildId }), isCode(Code.NotFound));
    await assert.rejects(pushes.startPush({ buildId: "nope", tag: "a" }), isCode(Code.NotFound));
  });
});
