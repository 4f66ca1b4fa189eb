import assert from "node:assert/strict";
import { after, before, suite, test } from "node:test";
import { type Digest, digestOf, MediaType, parseNormalizedReference } from "@opendepot/oci";
import { openRegistry, type RegistryRepository } from "@opendepot/registry-client";
import { startRegistry, type TestRegistry, testEngineKinds } from "@opendepot/testing";
import { openContext } from "./open-context.ts";
import { openDepot, type TestDepot } from "./open-depot.ts";

const [engine = "buildkitd"] = await testEngineKinds();

suite("what refers to a saved image", () => {
  const cleanup = new AsyncDisposableStack();
  let depot: TestDepot;
  let strict: TestDepot;
  let registry: TestRegistry;
  before(async () => {
    depot = cleanup.use(await openDepot(engine));
    strict = cleanup.use(await openDepot(engine, ["--push-targets", "none"]));
    registry = cleanup.use(await startRegistry());
  });
  after(() => cleanup.disposeAsync());

  function open(name: string, token = ""): Promise<RegistryRepository> {
    const auth = { username: "x-token", password: token, identityToken: "", registryToken: "" };
    const credentials = { lookup: async () => (token === "" ? undefined : auth) };
    return openRegistry({ reference: parseNormalizedReference(name), access: "push", credentials });
  }

  /** Builds, saves under `tag`, and attaches a signature as its user. */
  async function saveSigned({ build, server, projectId }: TestDepot, tag: string) {
    await using context = await openContext({ Dockerfile: "FROM scratch\nCOPY Dockerfile /\n" });
    const saved = await build(["--save", "--save-tag", tag, "."], { cwd: context.path });
    const [, buildId = ""] = /depot pull --project \S+ (\S+)\n/.exec(saved.stderr) ?? [];
    await using repository = await open(`${new URL(server.url).host}/${projectId}`, server.token);
    const image = await repository.manifestDescriptor(tag);
    assert(image);
    const empty = Buffer.from("{}");
    const config = { mediaType: "application/vnd.oci.empty.v1+json", digest: digestOf(empty), size: empty.length };
    const content = async function* (): AsyncGenerator<Uint8Array> {
      yield empty;
    };
    await repository.putBlob({ ...config, open: content });
    const manifest = { schemaVersion: 2, mediaType: MediaType.ociManifest, artifactType: "a/signature", config };
    const bytes = Buffer.from(JSON.stringify({ ...manifest, layers: [config], subject: image }));
    const signature = await repository.putManifest(digestOf(bytes), MediaType.ociManifest, bytes);
    return { buildId, digest: image.digest, signature: signature.digest };
  }

  async function referrersAt(name: string, digest: Digest, token?: string): Promise<Digest[]> {
    await using repository = await open(name, token);
    assert.equal((await repository.manifestDescriptor("1"))?.digest, digest);
    return (await repository.referrers(digest)).manifests.map((one) => one.digest);
  }

  test("goes along with depot push --referrers, copied by the server", async () => {
    const { buildId, digest, signature } = await saveSigned(depot, "signed");
    const host = new URL(depot.server.url).host;

    for (const [name, token] of [
      [`${registry.host}/by-server`, ""],
      [`${host}/${depot.projectId}/copy`, depot.server.token],
    ] as const) {
      const plain = await depot.run(["push", "--progress", "plain", "-t", `${name}:1`, buildId]);
      assert.equal(plain.code, 0, plain.stderr);
      assert.doesNotMatch(plain.stderr, /refer/);
      assert.deepEqual(await referrersAt(name, digest, token), []);

      const pushed = await depot.run(["push", "--progress", "plain", "--referrers", "-t", `${name}:1`, buildId]);

      assert.equal(pushed.code, 0, pushed.stderr);
      assert.doesNotMatch(pushed.stderr, /passing the image on/);
      assert.match(pushed.stderr, /one manifest that refers to the image was pushed, too/);
      assert.equal(pushed.stdout, `${name}:1@${digest}\n`);
      assert.deepEqual(await referrersAt(name, digest, token), [signature]);
    }
  });

  test("goes along through the client, which reads it with a token of the build alone", async () => {
    const { buildId, digest, signature } = await saveSigned(strict, "signed");
    const name = `${registry.host}/by-client`;

    const pushed = await strict.run(["push", "--progress", "plain", "--referrers", "-t", `${name}:1`, buildId]);

    assert.equal(pushed.code, 0, pushed.stderr);
    assert.match(pushed.stderr, /passing the image on/);
    assert.match(pushed.stderr, /one manifest that refers to the image was pushed, too/);
    assert.deepEqual(await referrersAt(name, digest), [signature]);
  });

  test("may be nothing, which is told", async () => {
    await using context = await openContext({ Dockerfile: "FROM scratch\nCOPY Dockerfile /\nLABEL unsigned=1\n" });
    await depot.build(["--save", "--save-tag", "unsigned", "."], { cwd: context.path });

    const pushed = await depot.run([
      ...["push", "--progress", "plain", "--referrers", "-t", `${registry.host}/unsigned:1`, "unsigned"],
    ]);

    assert.equal(pushed.code, 0, pushed.stderr);
    assert.match(pushed.stderr, /nothing refers to the image/);
  });
});
