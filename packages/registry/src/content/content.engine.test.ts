import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { suite, test } from "node:test";
import { Problem } from "@opendepot/base";
import { MediaType } from "@opendepot/oci";
import { checkLeaks } from "@opendepot/testing";
import { sha256, TestClient } from "../testing/test-client.ts";
import { startTestRegistry } from "../testing/test-registry.ts";
import type { Upstream } from "./upstream.ts";

checkLeaks({ graceMs: 5_000 });

const caller = { id: "program" };

async function* pieces(...all: Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* all;
}

suite("content, for the program around the registry", () => {
  test("what it puts can be pulled, and what was pushed can be read", async () => {
    await using server = await startTestRegistry();
    const client = new TestClient(server);
    const { content } = server.registry;
    const layer = randomBytes(1000);
    const config = { mediaType: MediaType.ociConfig, digest: sha256(Buffer.from("{}")), size: 2 };
    const layers = [{ mediaType: MediaType.ociLayer, digest: sha256(layer), size: 1000 }];
    const manifest = { schemaVersion: 2, mediaType: MediaType.ociManifest, config, layers };
    const push = {
      repository: "p",
      reference: "1",
      mediaType: MediaType.ociManifest,
      bytes: Buffer.from(JSON.stringify(manifest)),
      caller,
    };

    await assert.rejects(content.putManifest(push), { code: "manifest_blob_unknown" });
    await content.putBlob({ repository: "p", digest: config.digest, body: pieces(Buffer.from("{}")), caller });
    await content.putBlob({
      repository: "p",
      digest: sha256(layer),
      body: pieces(layer.subarray(0, 10), layer.subarray(10)),
      caller,
    });
    const { digest } = await content.putManifest(push);

    assert.equal((await client.send("GET", "/v2/p/manifests/1")).headers.get("docker-content-digest"), digest);
    assert.deepEqual(await content.findBlob("p", sha256(layer)), {
      repositoryId: 1,
      digest: sha256(layer),
      size: 1000,
    });
    assert.equal(await content.findBlob("q", sha256(layer)), undefined);
    const part = await content.readBlob("p", sha256(layer), { range: { start: 5, end: 9 } });
    assert.deepEqual(await buffer(part), layer.subarray(5, 9));
    assert.equal((await content.findManifest("p", digest))?.mediaType, MediaType.ociManifest);
    assert.ok(await content.mountBlob({ digest: sha256(layer), from: "p", to: "q" }));
    assert.ok(!(await content.mountBlob({ digest: sha256(Buffer.from("x")), from: "p", to: "q" })));
  });

  test("a blob that breaks off, or is another one, leaves nothing", async () => {
    await using server = await startTestRegistry();
    const { content } = server.registry;
    const digest = sha256(Buffer.from("expected"));
    async function* failing(): AsyncGenerator<Uint8Array> {
      yield randomBytes(10);
      throw new Error("the source fails");
    }

    await assert.rejects(content.putBlob({ repository: "p", digest, body: failing(), caller }), /the source fails/);
    const other = content.putBlob({ repository: "p", digest, body: pieces(Buffer.from("other")), caller });
    await assert.rejects(other, { code: "digest_mismatch" });

    const uploads: string[] = [];
    for await (const { id } of server.blobs.uploads()) uploads.push(id);
    assert.deepEqual(uploads, []);
    assert.equal(await content.findBlob("p", digest), undefined);
  });
});

suite("upstream", () => {
  test("brings content when it is pulled, and not for those who may not", async () => {
    const blob = randomBytes(5000);
    const asked: string[] = [];
    const upstream: Upstream = {
      manifest: async (repository, reference) => {
        asked.push(`${repository}:${reference}`);
        if (reference === "limited")
          throw new Problem("upstream_rate_limited", "pulls are limited", { hint: "log in" });
        if (reference === "gone") throw new Problem("upstream_unreachable", "docker.io does not answer");
      },
      blob: async (repository, digest) => {
        asked.push(`${repository}@${digest}`);
        if (digest !== sha256(blob)) return undefined;
        return { size: blob.length, open: async (range) => Readable.from([blob.subarray(range?.start, range?.end)]) };
      },
    };
    await using server = await startTestRegistry({ upstream });
    const client = new TestClient(server);
    const nobody = new TestClient({ url: server.url });

    const whole = await client.send("GET", `/v2/mirror/a/blobs/${sha256(blob)}`);
    const part = await client.send("GET", `/v2/mirror/a/blobs/${sha256(blob)}`, { headers: { range: "bytes=10-19" } });
    const head = await client.send("HEAD", `/v2/mirror/a/blobs/${sha256(blob)}`);
    const missing = await client.send("GET", `/v2/mirror/a/blobs/${sha256(Buffer.from("x"))}`);
    const limited = await client.send("GET", "/v2/mirror/a/manifests/limited");
    const gone = await client.send("GET", "/v2/mirror/a/manifests/gone");
    const count = asked.length;
    const refused = await nobody.send("GET", `/v2/mirror/a/blobs/${sha256(blob)}`);

    assert.deepEqual(whole.body, blob);
    assert.deepEqual([part.status, part.body], [206, blob.subarray(10, 20)]);
    assert.equal(head.headers.get("content-length"), "5000");
    assert.equal(missing.status, 404);
    assert.deepEqual([limited.status, limited.code], [429, "TOOMANYREQUESTS"]);
    assert.match(limited.body.toString(), /pulls are limited; log in/);
    assert.equal(gone.status, 502);
    assert.match(gone.body.toString(), /docker\.io does not answer/);
    assert.equal(refused.status, 401);
    assert.equal(asked.length, count);
  });
});
