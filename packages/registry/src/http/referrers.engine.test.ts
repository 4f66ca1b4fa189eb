import assert from "node:assert/strict";
import { after, before, suite, test } from "node:test";
import { MediaType } from "@opendepot/oci";
import { checkLeaks } from "@opendepot/testing";
import { type PushedTestImage, sha256, TestClient } from "../testing/test-client.ts";
import { startTestRegistry, type TestRegistryServer } from "../testing/test-registry.ts";

checkLeaks({ graceMs: 5_000 });

suite("referrers", () => {
  let server: TestRegistryServer;
  let client: TestClient;
  let subject: PushedTestImage;

  before(async () => {
    server = await startTestRegistry({ limits: { maxPageSize: 4 } });
    client = new TestClient(server);
    subject = await client.pushImage("a", "1");
  });
  after(() => server[Symbol.asyncDispose]());

  const list = async (digest: string, query = "") => {
    const answer = await client.send("GET", `/v2/a/referrers/${digest}${query}`);
    assert.equal(answer.status, 200);
    assert.equal(answer.headers.get("content-type"), MediaType.ociIndex);
    const index = JSON.parse(answer.body.toString());
    assert.deepEqual([index.schemaVersion, index.mediaType], [2, MediaType.ociIndex]);
    return { manifests: index.manifests, headers: answer.headers };
  };

  test("are described with type, artifact type and annotations", async () => {
    const annotations = { "org.example.of": "subject" };
    const typed = await client.pushImage("a", undefined, { subject, artifactType: "application/x.sbom", annotations });
    const plain = await client.pushImage("a", "tagged", { subject });

    const { manifests } = await list(subject.digest);

    const byDigest = new Map(manifests.map((one: { digest: string }) => [one.digest, one]));
    const { mediaType, digest, size } = typed;
    assert.deepEqual(byDigest.get(digest), {
      digest,
      mediaType,
      size,
      artifactType: "application/x.sbom",
      annotations,
    });
    assert.deepEqual(byDigest.get(plain.digest), {
      digest: plain.digest,
      mediaType,
      size: plain.size,
      artifactType: MediaType.ociConfig,
    });
  });

  test("can be filtered, which the answer says", async () => {
    const other = await client.pushImage("a", undefined, { subject, artifactType: "application/x.signature" });

    const { manifests, headers } = await list(subject.digest, "?artifactType=application/x.signature");

    assert.deepEqual(
      manifests.map(({ digest }: { digest: string }) => digest),
      [other.digest],
    );
    assert.equal(headers.get("oci-filters-applied"), "artifactType");
  });

  test("of what is not here are none, or those that came before it", async () => {
    const early = { mediaType: MediaType.ociManifest, digest: sha256(Buffer.from("later")), size: 5 };
    const waiting = await client.pushImage("a", undefined, { subject: early });

    assert.deepEqual((await list(sha256(Buffer.from("nothing")))).manifests, []);
    assert.deepEqual(
      (await list(early.digest)).manifests.map(({ digest }: { digest: string }) => digest),
      [waiting.digest],
    );
    assert.equal((await client.send("GET", "/v2/a/referrers/sha256:x")).status, 400);
  });

  test("come page by page, each no larger than a manifest may be", async () => {
    const many = await client.pushImage("a", "many");
    const long = { annotations: { text: "x".repeat(1_600_000) } };
    const expected: string[] = [];
    for (let count = 0; count < 5; count++)
      expected.push((await client.pushImage("a", undefined, { subject: many, ...(count < 3 && long) })).digest);

    const seen: string[] = [];
    let path: string | undefined = `/v2/a/referrers/${many.digest}`;
    let pages = 0;
    while (path !== undefined) {
      const answer = await client.send("GET", path);
      assert.ok(answer.body.length < 4 * 1024 * 1024);
      seen.push(...JSON.parse(answer.body.toString()).manifests.map(({ digest }: { digest: string }) => digest));
      path = /^<([^>]+)>; rel="next"$/.exec(answer.headers.get("link") ?? "")?.[1];
      pages += 1;
    }

    assert.deepEqual(seen, expected.sort());
    assert.ok(pages >= 2);
  });
});
