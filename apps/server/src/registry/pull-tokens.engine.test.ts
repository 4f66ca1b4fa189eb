import assert from "node:assert/strict";
import { after, before, suite, test } from "node:test";
import { cliV1, registryV1 } from "@opendepot/api/services";
import { silentLogger } from "@opendepot/base";
import { type PushedTestImage, TestClient, type TestDescriptor } from "@opendepot/registry/testing";
import { openDatabase } from "../database/open.ts";
import type { FakeProvider } from "../testing/fake-provider.ts";
import { createTestProject } from "../testing/project.ts";
import { SetClock } from "../testing/set-clock.ts";
import { startFakeServer, type TestServer } from "../testing/test-server.ts";

const HOUR_MS = 3_600_000;

suite("a pull token of one build", () => {
  const clock = new SetClock();
  let server: TestServer<FakeProvider>;
  let projectId: string;
  before(async () => {
    server = await startFakeServer({ clock });
    ({ projectId } = await createTestProject(server));
  });
  after(() => server[Symbol.asyncDispose]());

  const api = (token?: string) => server.client(cliV1.BuildService, token === undefined ? {} : { token });
  const withPassword = (password: string): TestClient =>
    new TestClient({ url: new URL(server.url), username: "x-token", password });

  /** As docker does it: a token for what it wants, then that. */
  async function withToken(password: string, ...repositories: string[]): Promise<TestClient> {
    const scopes = repositories.map((repository): [string, string] => ["scope", `repository:${repository}:pull,push`]);
    const answer = await withPassword(password).send("GET", `/token?${new URLSearchParams(scopes)}`);
    return new TestClient({ url: new URL(server.url), token: JSON.parse(answer.body.toString()).token });
  }

  /** A build that has saved an index of two images under its id and `tags`, and what was attached to it afterwards. */
  async function saveBuild(...tags: string[]) {
    const { buildId, buildToken } = await api().createBuild({
      projectId,
      options: [{ command: 1, save: true, saveTags: tags }],
    });
    const build = withPassword(buildToken);
    const images = [await build.pushImage(projectId), await build.pushImage(projectId)];
    let index: TestDescriptor | undefined;
    for (const tag of [buildId, ...tags]) index = await build.pushIndex(projectId, tag, images);
    assert(index);
    const owner = withPassword(server.adminToken);
    const signature = await owner.pushImage(projectId, undefined, {
      subject: index,
      artifactType: "application/x.sig",
    });
    await api().finishBuild({ buildId, result: { case: "success", value: {} } });
    return { buildId, index, images, signature };
  }

  async function guestsOf(buildId: string): Promise<readonly TestClient[]> {
    const { token } = await api().getPullToken({ projectId, buildId });
    const { password } = await api().getPullInfo({ buildId });
    return [withPassword(token), await withToken(token, projectId, `${projectId}/app`), withPassword(password)];
  }

  const path = (rest: string): string => `/v2/${projectId}/${rest}`;
  const blobsOf = (images: readonly PushedTestImage[]): string[] =>
    images.flatMap(({ blobs }) => blobs.map(({ digest }) => digest));

  test("pulls what that build has saved, whole, and finds nothing of another build of the project", async () => {
    const [own, other] = [await saveBuild("one"), await saveBuild("two")];

    for (const guest of await guestsOf(own.buildId)) {
      for (const reference of [own.buildId, "one", own.index.digest, ...own.images.map(({ digest }) => digest)])
        assert.equal((await guest.send("GET", path(`manifests/${reference}`))).status, 200, reference);
      for (const digest of blobsOf([...own.images, own.signature]))
        assert.equal((await guest.send("GET", path(`blobs/${digest}`))).status, 200, digest);
      const tags = JSON.parse((await guest.send("GET", path("tags/list"))).body.toString()).tags;
      assert.deepEqual(tags.sort(), [own.buildId, "one"].sort());
      const referrers = await guest.send("GET", path(`referrers/${own.index.digest}`));
      assert.match(referrers.body.toString(), new RegExp(own.signature.digest));

      for (const reference of [other.buildId, "two", other.index.digest, ...other.images.map(({ digest }) => digest)])
        for (const method of ["GET", "HEAD"])
          assert.equal((await guest.send(method, path(`manifests/${reference}`))).status, 404, reference);
      for (const digest of blobsOf([...other.images, other.signature]))
        assert.equal((await guest.send("GET", path(`blobs/${digest}`))).status, 404, digest);
      const others = await guest.send("GET", path(`referrers/${other.index.digest}`));
      assert.deepEqual([others.status, JSON.parse(others.body.toString()).manifests], [200, []]);
    }
  });

  test("loses a tag that another build takes, and keeps the image", async () => {
    const first = await saveBuild("latest");
    const second = await saveBuild("latest");

    for (const guest of await guestsOf(first.buildId)) {
      assert.equal((await guest.send("GET", path("manifests/latest"))).status, 404);
      assert.equal((await guest.send("GET", path(`manifests/${first.index.digest}`))).status, 200);
      assert.deepEqual(JSON.parse((await guest.send("GET", path("tags/list"))).body.toString()).tags, [first.buildId]);
    }
    for (const guest of await guestsOf(second.buildId)) {
      assert.equal((await guest.send("GET", path("manifests/latest"))).status, 200);
    }
  });

  test("reads tags below the project's repository that its build has saved, and no repository beside", async () => {
    const { buildId, buildToken } = await api().createBuild({
      projectId,
      options: [{ command: 1, save: true, saveTags: ["app:1"] }],
    });
    await withPassword(buildToken).pushImage(`${projectId}/app`, "1");
    await withPassword(server.adminToken).pushImage(`${projectId}/app`, "2");
    await withPassword(server.adminToken).pushImage(`${projectId}/secret`, "1");
    const { token } = await api().getPullToken({ buildId });

    for (const guest of [withPassword(token), await withToken(token, `${projectId}/app`, `${projectId}/secret`)]) {
      const ask = async (rest: string) => (await guest.send("GET", `/v2/${projectId}/${rest}`)).status;
      assert.equal(await ask("app/manifests/1"), 200);
      assert.equal(await ask("app/manifests/2"), 404);
      assert.equal(await ask("secret/manifests/1"), 404);
      assert.equal(await ask("secret/tags/list"), 404);
    }
  });

  test("mounts nothing elsewhere, pushes nothing, removes nothing", async () => {
    const own = await saveBuild();
    const [blob] = blobsOf(own.images);
    const { projectId: elsewhere } = await createTestProject(server);

    for (const guest of await guestsOf(own.buildId)) {
      for (const to of [elsewhere, projectId, `${projectId}/app`]) {
        const { status } = await guest.send("POST", `/v2/${to}/blobs/uploads/?mount=${blob}&from=${projectId}`);
        assert.ok([401, 403].includes(status), `${to}: ${status}`);
      }
      for (const [method, rest] of [
        ["PUT", `manifests/${own.buildId}`],
        ["DELETE", `manifests/${own.buildId}`],
        ["DELETE", `manifests/${own.index.digest}`],
        ["DELETE", `blobs/${blob}`],
      ] as const)
        assert.ok([401, 403].includes((await guest.send(method, path(rest))).status), `${method} ${rest}`);
    }
    const client = server.client(registryV1.RegistryService, { token: (await api().getPullToken({ ...own })).token });
    await assert.rejects(client.listImages({ projectId }));
    await assert.rejects(client.deleteImage({ projectId, imageTags: [own.buildId] }));
  });

  test("is worth nothing once its build is deleted, or it is revoked, not even as a token it was exchanged for", async () => {
    await using database = await openDatabase({ connectionString: server.databaseUrl, logger: silentLogger });
    const { query } = database;
    const ends = {
      deleted: (buildId: string) => query.deleteFrom("builds").where("id", "=", buildId).execute(),
      revoked: (buildId: string) =>
        query
          .updateTable("tokens")
          .set({ revoked_at: new Date() })
          .where("kind", "=", "pull")
          .where("build_id", "=", buildId)
          .execute(),
    };
    for (const [how, end] of Object.entries(ends)) {
      const own = await saveBuild();
      const guests = await guestsOf(own.buildId);
      for (const guest of guests) assert.equal((await guest.send("GET", path(`manifests/${own.buildId}`))).status, 200);

      await end(own.buildId);

      for (const guest of guests) {
        for (const rest of [`manifests/${own.buildId}`, `manifests/${own.index.digest}`, "tags/list"])
          assert.equal((await guest.send("GET", path(rest))).status, 401, `${how}: ${rest}`);
      }
    }
  });

  test("does not live on in the credentials that it gets for a pull, nor in a token it is exchanged for", async () => {
    const own = await saveBuild();
    const { token } = await api().getPullToken({ buildId: own.buildId });

    clock.advance(23.5 * HOUR_MS);
    const { password } = await api(token).getPullInfo({ buildId: own.buildId });
    const guests = [withPassword(token), withPassword(password), await withToken(password, projectId)];
    for (const guest of guests) assert.equal((await guest.send("GET", path(`manifests/${own.buildId}`))).status, 200);
    clock.advance(0.6 * HOUR_MS);

    for (const guest of guests) assert.equal((await guest.send("GET", path(`manifests/${own.buildId}`))).status, 401);
    await assert.rejects(api(password).getPullInfo({ buildId: own.buildId }));
  });

  test("is narrower than one of the project, which reads all of it", async () => {
    const own = await saveBuild();
    const { token } = await api().getPullToken({ projectId });

    for (const guest of [withPassword(token), await withToken(token, projectId)]) {
      assert.equal((await guest.send("GET", path(`manifests/${own.index.digest}`))).status, 200);
      const { tags } = JSON.parse((await guest.send("GET", path("tags/list"))).body.toString());
      assert.ok(tags.length > 3, tags.join());
    }
  });
});
