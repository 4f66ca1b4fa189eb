import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { after, before, suite, test } from "node:test";
import { MediaType } from "@opendepot/oci";
import { checkLeaks } from "@opendepot/testing";
import type { ManifestEvent } from "../options.ts";
import { digestOfJson, sha256, TestClient, type TestDescriptor } from "../testing/test-client.ts";
import { startTestRegistry, type TestRegistryServer } from "../testing/test-registry.ts";

checkLeaks({ graceMs: 5_000 });

suite("manifests", () => {
  let server: TestRegistryServer;
  let client: TestClient;
  const events: ManifestEvent[] = [];

  before(async () => {
    const onManifest = (event: ManifestEvent): void => {
      events.push(event);
      if (event.repository === "listener/fails") throw new Error("the listener fails");
    };
    server = await startTestRegistry({ onManifest });
    client = new TestClient(server);
  });
  after(() => server[Symbol.asyncDispose]());

  const put = (repository: string, reference: string, body: object | string, type: string = MediaType.ociManifest) =>
    client.send("PUT", `/v2/${repository}/manifests/${reference}`, {
      body: typeof body === "string" ? body : JSON.stringify(body),
      headers: { "content-type": type },
    });
  const image = (config: TestDescriptor, layers: readonly TestDescriptor[], more: object = {}) => ({
    schemaVersion: 2,
    mediaType: MediaType.ociManifest,
    config,
    layers,
    ...more,
  });

  test("come back as they were sent, by tag and by digest", async () => {
    const config = await client.pushBlob("a", Buffer.from("{}"), MediaType.ociConfig);
    const text = `${JSON.stringify(image(config, []), undefined, 3)}\n`;

    const pushed = await put("a", "v1", text);
    const byTag = await client.send("GET", "/v2/a/manifests/v1");
    const head = await client.send("HEAD", "/v2/a/manifests/v1");
    const byDigest = await client.send("GET", pushed.headers.get("location") ?? "");

    assert.equal(pushed.status, 201);
    assert.equal(pushed.headers.get("docker-content-digest"), sha256(Buffer.from(text)));
    for (const { body } of [byTag, byDigest]) assert.equal(body.toString(), text);
    for (const { headers } of [byTag, head, byDigest]) {
      assert.equal(headers.get("content-type"), MediaType.ociManifest);
      assert.equal(headers.get("content-length"), String(text.length));
      assert.equal(headers.get("docker-content-digest"), sha256(Buffer.from(text)));
    }
    const headers = { "if-none-match": byTag.headers.get("etag") ?? "" };
    assert.equal((await client.send("GET", "/v2/a/manifests/v1", { headers })).status, 304);
  });

  test("a tag moves to what was pushed last, and the earlier one stays under its digest", async () => {
    const first = await client.pushImage("moving", "latest");
    const second = await client.pushImage("moving", "latest");

    const now = await client.send("HEAD", "/v2/moving/manifests/latest");
    const earlier = await client.send("HEAD", `/v2/moving/manifests/${first.digest}`);

    assert.equal(now.headers.get("docker-content-digest"), second.digest);
    assert.equal(earlier.status, 200);
  });

  test("by digest only with that digest, sha256 or sha512", async () => {
    const config = await client.pushBlob("a", Buffer.from("{}"), MediaType.ociConfig);
    const manifest = image(config, [], { annotations: { by: "digest" } });
    const sha512 = `sha512:${createHash("sha512").update(JSON.stringify(manifest)).digest("hex")}`;

    assert.equal((await put("a", digestOfJson(manifest), manifest)).status, 201);
    assert.equal((await put("a", sha512, manifest)).status, 201);
    const wrong = await put("a", sha256(Buffer.from("other")), manifest);
    const got = await client.send("GET", `/v2/a/manifests/${sha512}`);

    assert.deepEqual([wrong.status, wrong.code], [400, "DIGEST_INVALID"]);
    assert.equal(got.headers.get("docker-content-digest"), sha512);
  });

  test("are refused while something is missing that they refer to", async () => {
    const config = await client.pushBlob("b", Buffer.from("{}"), MediaType.ociConfig);
    const missing = { mediaType: MediaType.ociLayer, digest: sha256(Buffer.from("missing")), size: 7 };
    const child = { mediaType: MediaType.ociManifest, digest: missing.digest, size: 7 };
    const index = { schemaVersion: 2, mediaType: MediaType.ociIndex, manifests: [child] };

    const withoutLayer = await put("b", "1", image(config, [missing]));
    const withoutChild = await put("b", "1", index, MediaType.ociIndex);
    const wrongSize = await put("b", "1", image({ ...config, size: 3 }, []));

    for (const { status, code } of [withoutLayer, withoutChild])
      assert.deepEqual([status, code], [400, "MANIFEST_BLOB_UNKNOWN"]);
    assert.match(withoutLayer.body.toString(), new RegExp(missing.digest));
    assert.deepEqual([wrongSize.status, wrongSize.code], [400, "MANIFEST_INVALID"]);
    assert.equal((await client.send("GET", "/v2/b/manifests/1")).status, 404);
  });

  test("need neither foreign layers nor their subject to be here", async () => {
    const config = await client.pushBlob("c", Buffer.from("{}"), MediaType.ociConfig);
    const digest = sha256(Buffer.from("elsewhere"));
    const foreign = { mediaType: MediaType.ociLayer, digest, size: 9, urls: ["https://example.org/layer"] };
    const subject = { mediaType: MediaType.ociManifest, digest, size: 9 };

    const answer = await put("c", "1", image(config, [foreign], { subject }));

    assert.equal(answer.status, 201);
    assert.equal(answer.headers.get("oci-subject"), digest);
  });

  test("of any type are taken, Docker's and those of the future", async () => {
    const config = await client.pushBlob("d", Buffer.from("{}"), MediaType.dockerConfig);
    const docker = { schemaVersion: 2, mediaType: MediaType.dockerManifest, config, layers: [] };
    const child = {
      mediaType: MediaType.dockerManifest,
      digest: digestOfJson(docker),
      size: JSON.stringify(docker).length,
    };
    const list = { schemaVersion: 2, mediaType: MediaType.dockerIndex, manifests: [child] };
    const future = { mediaType: "application/vnd.example.thing.v9+json", blobs: [config] };

    assert.equal((await put("d", "docker", docker, MediaType.dockerManifest)).status, 201);
    assert.equal((await put("d", "list", list, MediaType.dockerIndex)).status, 201);
    assert.equal((await put("d", "future", future, future.mediaType)).status, 201);
    const got = await client.send("GET", "/v2/d/manifests/future");

    assert.equal(got.headers.get("content-type"), future.mediaType);
  });

  test("are refused when they are no manifests", async () => {
    for (const body of ["", "no JSON", "[]", '"text"', "{}"]) {
      const answer = await put("a", "bad", body);
      assert.deepEqual([answer.status, answer.code], [400, "MANIFEST_INVALID"], body);
    }
    const tag = await put("a", ".bad", "{}");
    assert.deepEqual([tag.status, tag.code], [400, "MANIFEST_INVALID"]);
  });

  test("with a digest may get several tags at once", async () => {
    const config = await client.pushBlob("e", Buffer.from("{}"), MediaType.ociConfig);
    const manifest = image(config, []);

    const answer = await put("e", `${digestOfJson(manifest)}?tag=one&tag=two`, manifest);
    const many = Array.from({ length: 11 }, (_, at) => `tag=t${at}`).join("&");
    const tooMany = await put("e", `${digestOfJson(manifest)}?${many}`, manifest);

    assert.equal(answer.headers.get("oci-tag"), "one, two");
    assert.equal((await client.send("HEAD", "/v2/e/manifests/two")).status, 200);
    assert.equal(tooMany.status, 400);
  });

  test("DELETE by tag takes the tag, by digest the manifest with its tags", async () => {
    const pushed = await client.pushImage("f", "1");
    await client.pushIndex("f", "all", [pushed]);

    const tag = await client.send("DELETE", "/v2/f/manifests/1");
    const stillThere = await client.send("HEAD", `/v2/f/manifests/${pushed.digest}`);
    const manifest = await client.send("DELETE", `/v2/f/manifests/${pushed.digest}`);
    const again = await client.send("DELETE", `/v2/f/manifests/${pushed.digest}`);
    const index = await client.send("HEAD", "/v2/f/manifests/all");
    await client.send("DELETE", `/v2/f/manifests/${index.headers.get("docker-content-digest")}`);

    assert.deepEqual([tag.status, stillThere.status, manifest.status], [202, 200, 202]);
    assert.deepEqual([again.status, again.code], [404, "MANIFEST_UNKNOWN"]);
    assert.equal((await client.send("HEAD", "/v2/f/manifests/all")).status, 404);
    assert.equal((await client.send("DELETE", "/v2/f/manifests/1")).code, "MANIFEST_UNKNOWN");
  });

  test("are told of once they are stored, and a listener that fails changes nothing", async () => {
    const pushed = await client.pushImage("listener/works", "7");
    const unheard = await client.pushImage("listener/fails", "1");
    const [event] = events.filter(({ repository }) => repository === "listener/works");

    assert.deepEqual(event, {
      repository: "listener/works",
      reference: "7",
      digest: pushed.digest,
      mediaType: MediaType.ociManifest,
      size: pushed.size,
      caller: { id: server.username },
    });
    assert.equal((await client.send("HEAD", `/v2/listener/fails/manifests/${unheard.digest}`)).status, 200);
  });

  test("pushed many times at once with one tag end with one of them, and none is lost", async () => {
    const pushed = await Promise.all(Array.from({ length: 8 }, () => client.pushImage("busy", "tag")));

    const now = await client.send("HEAD", "/v2/busy/manifests/tag");

    assert.ok(pushed.some(({ digest }) => digest === now.headers.get("docker-content-digest")));
    for (const { digest } of pushed)
      assert.equal((await client.send("HEAD", `/v2/busy/manifests/${digest}`)).status, 200);
  });

  test("count in images with everything that they stand for, each blob once", async () => {
    const shared = randomBytes(5000);
    const amd64 = await client.pushImage("sizes", undefined, { layers: [shared] });
    const arm64 = await client.pushImage("sizes", undefined, { layers: [shared, randomBytes(300)] });
    const index = await client.pushIndex("sizes", "both", [amd64, arm64]);

    const { images } = await server.registry.images.list("sizes");

    const [image] = images;
    assert.equal(image?.digest, index.digest);
    assert.equal(image?.sizeBytes, 5000 + 300 + 2 * 16 + amd64.size + arm64.size + index.size);
  });
});
