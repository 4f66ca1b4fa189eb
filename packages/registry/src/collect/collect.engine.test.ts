import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { readdir } from "node:fs/promises";
import { suite, test } from "node:test";
import { MediaType } from "@opendepot/oci";
import { checkLeaks } from "@opendepot/testing";
import { passTime } from "../testing/pass-time.ts";
import { sha256, TestClient } from "../testing/test-client.ts";
import { startTestRegistry, type TestRegistryOptions, type TestRegistryServer } from "../testing/test-registry.ts";

checkLeaks({ graceMs: 5_000 });

const HOUR_MS = 60 * 60_000;
const DAY_MS = 24 * HOUR_MS;

async function start(options: TestRegistryOptions = {}) {
  const server = await startTestRegistry(options);
  const client = new TestClient(server);
  const has = async (path: string): Promise<boolean> => (await client.send("HEAD", `/v2/${path}`)).status === 200;
  return { server, client, has };
}

async function blobsIn(server: TestRegistryServer): Promise<string[]> {
  const digests: string[] = [];
  for await (const { digest } of server.blobs.blobs()) digests.push(digest);
  return digests.sort();
}

suite("collecting", () => {
  test("leaves what tags, indexes and subjects hold, and removes the rest with its bytes", async () => {
    const { server, client, has } = await start();
    await using _ = server;
    const kept = await client.pushImage("shop/web", "1");
    const child = await client.pushImage("shop/web");
    await client.pushIndex("shop/web", "all", [child]);
    const referrer = await client.pushImage("shop/web", undefined, {
      subject: kept,
      artifactType: "application/x.sbom",
    });
    const untagged = await client.pushImage("shop/web");
    const loose = await client.pushBlob("shop/web", randomBytes(100));

    const early = await server.registry.collect();
    await passTime(server.database.query, 2 * HOUR_MS);
    const report = await server.registry.collect();

    assert.deepEqual([early.manifests, early.links, early.blobs], [0, 0, 0]);
    assert.deepEqual([report.manifests, report.links, report.blobs], [1, 3, 3]);
    for (const { digest } of [kept, child, referrer]) assert.ok(await has(`shop/web/manifests/${digest}`));
    assert.ok(!(await has(`shop/web/manifests/${untagged.digest}`)));
    assert.ok(!(await has(`shop/web/blobs/${loose.digest}`)));
    const needed = [kept, child, referrer].flatMap(({ blobs }) => blobs.map(({ digest }) => digest));
    assert.deepEqual(await blobsIn(server), needed.sort());
  });

  test("takes referrers with their subject, and children with their last index", async () => {
    const { server, client } = await start();
    await using _ = server;
    const subject = await client.pushImage("a", "old");
    await client.pushImage("a", undefined, { subject });
    const child = await client.pushImage("a");
    const index = await client.pushIndex("a", "i", [child]);
    await client.pushIndex("a", "nested", [index]);

    assert.equal((await client.send("DELETE", "/v2/a/manifests/old")).status, 202);
    assert.equal((await client.send("DELETE", "/v2/a/manifests/i")).status, 202);
    await passTime(server.database.query, 2 * HOUR_MS);
    const first = await server.registry.collect();
    assert.equal((await client.send("DELETE", "/v2/a/manifests/nested")).status, 202);
    await passTime(server.database.query, 2 * HOUR_MS);
    const second = await server.registry.collect();

    assert.equal(first.manifests, 2);
    assert.equal(second.manifests, 3);
    assert.deepEqual(await blobsIn(server), []);
  });

  test("keeps a blob that another repository has", async () => {
    const { server, client, has } = await start();
    await using _ = server;
    const layer = randomBytes(200);
    const shared = await client.pushImage("a", "1", { layers: [layer] });
    await client.pushImage("b", "1", { layers: [layer] });

    await client.send("DELETE", `/v2/a/manifests/${shared.digest}`);
    await passTime(server.database.query, 2 * HOUR_MS);
    await server.registry.collect();

    assert.ok(!(await has(`a/blobs/${sha256(layer)}`)));
    assert.ok(await has(`b/blobs/${sha256(layer)}`));
    assert.deepEqual((await client.send("GET", `/v2/b/blobs/${sha256(layer)}`)).body, layer);
  });

  test("removes tags whose time has come, which are not served from that moment on", async () => {
    const { server, client, has } = await start();
    await using _ = server;
    await server.registry.images.setRetention("p", { kind: "age", ms: DAY_MS });
    await client.pushImage("p", "1");
    await passTime(server.database.query, 1.5 * DAY_MS);
    await client.pushImage("p", "2");

    const [isOldServed, isNewServed] = [await has("p/manifests/1"), await has("p/manifests/2")];
    const report = await server.registry.collect();

    assert.deepEqual([isOldServed, isNewServed], [false, true]);
    assert.equal(report.tags, 1);
    assert.equal((await client.send("GET", "/v2/p/tags/list")).body.toString(), '{"name":"p","tags":["2"]}');
  });

  test("keeps what a push was told to be here, as long as its uploads go on", async () => {
    const { server, client, has } = await start();
    await using _ = server;
    const config = await client.pushBlob("p", Buffer.from("{}"), MediaType.ociConfig);
    const slow = await client.startUpload("p");
    const layer = randomBytes(1000);

    await client.send("PATCH", slow, { body: layer.subarray(0, 500) });
    await passTime(server.database.query, 5 * HOUR_MS, { isMoving: true });
    await server.registry.collect();
    await client.send("PATCH", slow, { body: layer.subarray(500) });
    const finished = await client.send("PUT", `${slow}?digest=${sha256(layer)}`);
    await server.registry.collect();
    const manifest = {
      schemaVersion: 2,
      mediaType: MediaType.ociManifest,
      config,
      layers: [{ mediaType: MediaType.ociLayer, digest: sha256(layer), size: 1000 }],
    };
    await client.putManifest("p", "1", manifest);

    assert.equal(finished.status, 201);
    assert.ok(await has("p/manifests/1"));
  });

  test("renews the promise when somebody who pushes asks for a blob, and not when somebody pulls", async () => {
    const { server, client, has } = await start();
    await using _ = server;
    const asked = await client.pushBlob("p", randomBytes(10));
    const pulled = await client.pushBlob("p", randomBytes(10));

    await passTime(server.database.query, 0.9 * HOUR_MS);
    await client.send("HEAD", `/v2/p/blobs/${asked.digest}`);
    await client.send("GET", `/v2/p/blobs/${pulled.digest}`);
    await passTime(server.database.query, 0.9 * HOUR_MS);
    await server.registry.collect();

    assert.ok(await has(`p/blobs/${asked.digest}`));
    assert.ok(!(await has(`p/blobs/${pulled.digest}`)));
  });

  test("drops abandoned uploads and everything in the store that the database does not know", async () => {
    const { server, client } = await start();
    await using _ = server;
    const abandoned = await client.startUpload("p");
    await client.send("PATCH", abandoned, { body: randomBytes(100) });
    const alive = await client.startUpload("p");
    await passTime(server.database.query, 2 * DAY_MS);
    await client.send("PATCH", alive, { body: randomBytes(100) });
    await server.blobs.createUpload("unknown");
    const orphan = randomBytes(50);
    await server.blobs.createUpload("orphan");
    await server.blobs.append("orphan", 0, asIterable(orphan));
    await server.blobs.commit("orphan", sha256(orphan));

    const report = await server.registry.collect({ orphanAgeMs: -60_000 });

    assert.deepEqual([report.uploads, report.blobs], [2, 1]);
    assert.equal((await client.send("GET", abandoned)).status, 404);
    assert.equal((await client.send("GET", alive)).headers.get("range"), "0-99");
    assert.deepEqual(await blobsIn(server), []);
    assert.equal((await readdir(`${server.folder}/uploads`)).length, 1);
  });

  test("removes the tags under which clients keep referrers when their subject has gone", async () => {
    const { server, client } = await start();
    await using _ = server;
    const subject = await client.pushImage("p", "1");
    const fallback = subject.digest.replace(":", "-");
    await client.pushImage("p", fallback);
    const listed = (await server.registry.images.list("p")).images.map(({ tag }) => tag);

    await passTime(server.database.query, 2 * HOUR_MS);
    const before = await server.registry.collect();
    await client.send("DELETE", `/v2/p/manifests/${subject.digest}`);
    const after = await server.registry.collect();

    assert.deepEqual(listed, ["1"]);
    assert.deepEqual([before.tags, after.tags], [0, 1]);
  });
});

async function* asIterable(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
