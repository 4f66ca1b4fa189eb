import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { FakeRegistry, sendError } from "@opendepot/registry-client/testing";
import { startTestMirror } from "./testing/index.ts";

const OCI = "application/vnd.oci.image.manifest.v1+json";

function put(registry: FakeRegistry, tag: string, layer: Buffer): { digest: string; bytes: Buffer; blob: string } {
  const blob = registry.addBlob(layer);
  const bytes = Buffer.from(
    JSON.stringify({ schemaVersion: 2, mediaType: OCI, layers: [{ digest: blob, size: layer.length }] }),
  );
  const digest = `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
  registry.manifests.set(tag, { mediaType: OCI, bytes });
  registry.manifests.set(digest, { mediaType: OCI, bytes });
  return { digest, bytes, blob };
}

const count = (registry: FakeRegistry, start: string): number =>
  registry.log.filter((line) => line.startsWith(start)).length;

async function bytesOf(response: Response): Promise<Buffer> {
  return Buffer.from(await response.arrayBuffer());
}

test("an image is fetched once, and served when its upstream is gone", async () => {
  await using upstream = await FakeRegistry.start();
  await using mirror = await startTestMirror({ freshMs: 0 });
  await mirror.add(upstream.host);
  const layer = randomBytes(300_000);
  const image = put(upstream, "1.0", layer);
  const base = `${mirror.url(upstream.host)}/acme/app`;

  const head = await fetch(`${base}/manifests/1.0`, { method: "HEAD" });
  const first = await fetch(`${base}/manifests/1.0`);
  const blob = await fetch(`${base}/blobs/${image.blob}`);

  assert.equal(head.headers.get("docker-content-digest"), image.digest);
  assert.equal(head.headers.get("content-length"), String(image.bytes.length));
  assert.equal(first.headers.get("content-type"), OCI);
  assert.deepEqual(await bytesOf(first), image.bytes);
  assert.deepEqual(await bytesOf(blob), layer);

  await upstream[Symbol.asyncDispose]();
  const again = await fetch(`${base}/manifests/1.0`);
  const blobAgain = await fetch(`${base}/blobs/${image.blob}`);

  assert.equal(again.status, 200);
  assert.match(again.headers.get("warning") ?? "", /^110 /);
  assert.deepEqual(await bytesOf(again), image.bytes);
  assert.deepEqual(await bytesOf(blobAgain), layer);
  assert.equal(count(upstream, "GET /v2/acme/app/blobs/"), 1);
  assert.equal(mirror.mirror.stats().stale, 1);
});

test("a tag that has moved is followed; while it is fresh, nobody is asked", async () => {
  await using upstream = await FakeRegistry.start();
  await using fresh = await startTestMirror({ freshMs: 3_600_000 });
  await using strict = await startTestMirror({ freshMs: 0 });
  for (const { add } of [fresh, strict]) await add(upstream.host);
  const old = put(upstream, "latest", Buffer.from("old"));
  const tagUrl = (mirror: typeof fresh): string => `${mirror.url(upstream.host)}/app/manifests/latest`;
  for (const mirror of [fresh, strict]) await bytesOf(await fetch(tagUrl(mirror)));

  const moved = put(upstream, "latest", Buffer.from("new"));

  assert.equal((await fetch(tagUrl(fresh))).headers.get("docker-content-digest"), old.digest);
  assert.equal((await fetch(tagUrl(strict))).headers.get("docker-content-digest"), moved.digest);
});

test("an upstream that tells no digests is asked by its own mark", async () => {
  await using upstream = await FakeRegistry.start();
  await using mirror = await startTestMirror({ freshMs: 0 });
  await mirror.add(upstream.host);
  const { bytes } = put(upstream, "1", Buffer.from("layer"));
  upstream.overrides.push(({ method, path, headers }, response) => {
    if (!path.endsWith("/manifests/1")) return false;
    const isSame = headers["if-none-match"] === '"mark"';
    response.writeHead(isSame ? 304 : 200, { "content-type": OCI, etag: '"mark"' });
    response.end(method === "HEAD" || isSame ? undefined : bytes);
    return true;
  });

  const texts = [];
  for (let round = 0; round < 2; round++) {
    texts.push(await (await fetch(`${mirror.url(upstream.host)}/app/manifests/1`)).text());
  }

  assert.deepEqual(texts, [bytes.toString(), bytes.toString()]);
  assert.equal(upstream.seen.at(-1)?.headers["if-none-match"], '"mark"');
});

test("ten pulls of one blob at once are one download, and each gets all of it while it arrives", async () => {
  await using upstream = await FakeRegistry.start();
  await using mirror = await startTestMirror();
  await mirror.add(upstream.host);
  const content = randomBytes(2_000_000);
  const digest = upstream.addBlob(content);
  const { promise: mayEnd, resolve: end } = Promise.withResolvers<void>();
  upstream.overrides.push(async ({ method, path }, response) => {
    if (method !== "GET" || !path.includes("/blobs/")) return false;
    response.writeHead(200, { "content-length": content.length });
    response.write(content.subarray(0, 1_000_000));
    await mayEnd;
    response.end(content.subarray(1_000_000));
    return true;
  });
  const url = `${mirror.url(upstream.host)}/app/blobs/${digest}`;

  const pulls = Array.from({ length: 10 }, async () => {
    const response = await fetch(url);
    const reader = response.body?.getReader();
    const first = await reader?.read();
    return { reader, first };
  });
  const begun = await Promise.all(pulls);
  end();
  const whole = await Promise.all(
    begun.map(async ({ reader, first }) => {
      const pieces = [first?.value ?? new Uint8Array()];
      for (let next = await reader?.read(); next && !next.done; next = await reader?.read()) pieces.push(next.value);
      return Buffer.concat(pieces);
    }),
  );

  for (const one of whole) assert.ok(one.equals(content));
  assert.equal(count(upstream, "GET /v2/app/blobs/"), 1);
});

test("a part of a blob is served, from the cache and on its way", async () => {
  await using upstream = await FakeRegistry.start();
  await using mirror = await startTestMirror();
  await mirror.add(upstream.host);
  const digest = upstream.addBlob(Buffer.from("0123456789"));
  const url = `${mirror.url(upstream.host)}/app/blobs/${digest}`;

  for (const round of ["on its way", "cached"]) {
    const response = await fetch(url, { headers: { range: "bytes=3-5" } });
    assert.equal(response.status, 206, round);
    assert.equal(response.headers.get("content-range"), "bytes 3-5/10");
    assert.equal(await response.text(), "345");
    await (await fetch(url)).text();
  }
  assert.equal((await fetch(url, { headers: { range: "bytes=10-" } })).status, 416);
  assert.equal((await fetch(url, { method: "HEAD" })).headers.get("content-length"), "10");
});

test("a download that breaks off goes on where it was", async () => {
  await using upstream = await FakeRegistry.start();
  await using mirror = await startTestMirror();
  await mirror.add(upstream.host);
  const content = randomBytes(500_000);
  const digest = upstream.addBlob(content);
  let breaks = 2;
  upstream.overrides.push(({ method, path, headers }, response) => {
    if (method !== "GET" || !path.includes("/blobs/") || breaks-- <= 0) return false;
    const from = Number(/^bytes=(\d+)-/.exec(headers.range ?? "")?.[1] ?? 0);
    response.writeHead(from === 0 ? 200 : 206, { "content-length": content.length - from });
    response.write(content.subarray(from, from + 100_000), () => response.destroy());
    return true;
  });

  const served = await bytesOf(await fetch(`${mirror.url(upstream.host)}/app/blobs/${digest}`));

  assert.ok(served.equals(content));
  const from = upstream.seen.map(({ headers }) => Number(/^bytes=(\d+)-$/.exec(headers.range ?? "bytes=0-")?.[1]));
  assert.equal(from[0], 0);
  assert.ok(from.length === 3 && Number(from[1]) > 0 && Number(from[2]) > Number(from[1]), String(from));
  assert.equal(mirror.mirror.stats().fetchedBytes, content.length);
});

test("what was not used for longest makes room", async () => {
  await using upstream = await FakeRegistry.start();
  await using mirror = await startTestMirror({ maxBytes: 1_000_000 });
  await mirror.add(upstream.host);
  const digests = Array.from({ length: 4 }, () => upstream.addBlob(randomBytes(300_000)));
  const pull = async (digest: string | undefined): Promise<void> => {
    await bytesOf(await fetch(`${mirror.url(upstream.host)}/app/blobs/${digest}`));
  };

  for (const digest of digests.slice(0, 3)) await pull(digest);
  await pull(digests[0]); // used again
  await pull(digests[3]);

  const { bytes, evicted } = mirror.mirror.stats();
  assert.equal(bytes, 900_000);
  assert.equal(evicted, 1);
  const { host } = upstream;
  await upstream[Symbol.asyncDispose]();
  const statuses = await Promise.all(
    digests.map(async (digest) => (await fetch(`${mirror.url(host)}/app/blobs/${digest}`)).status),
  );
  assert.deepEqual(statuses, [200, 401, 200, 200]);
});

test("the order of use, and everything else, outlives a restart; what was half written does not", async () => {
  await using upstream = await FakeRegistry.start();
  await using first = await startTestMirror();
  await first.add(upstream.host);
  const image = put(upstream, "1", randomBytes(10_000));
  await bytesOf(await fetch(`${first.url(upstream.host)}/app/manifests/1`));
  await bytesOf(await fetch(`${first.url(upstream.host)}/app/blobs/${image.blob}`));
  const { host } = upstream;
  await first.mirror[Symbol.asyncDispose]();
  await upstream[Symbol.asyncDispose]();
  await writeFile(join(first.folder, "partial", "half"), "written");

  await using second = await startTestMirror({ on: first });

  assert.equal((await fetch(`${second.url(host)}/app/manifests/1`)).status, 200);
  assert.equal((await fetch(`${second.url(host)}/app/blobs/${image.blob}`)).status, 200);
  assert.deepEqual(await readdir(join(second.folder, "partial")), []);
});

test("downloads that run at once take no more room than the whole mirror may", async () => {
  await using upstream = await FakeRegistry.start();
  await using mirror = await startTestMirror({ maxBytes: 1_000_000 });
  await mirror.add(upstream.host);
  const { promise: mayEnd, resolve: end } = Promise.withResolvers<void>();
  upstream.overrides.push(async (_, response) => {
    response.writeHead(200, { "content-length": 450_000 });
    response.write(Buffer.alloc(449_000));
    await mayEnd;
    response.end(Buffer.alloc(1000));
    return true;
  });
  const pulls = await Promise.all(
    ["a", "b", "c", "d"].map((hex) => fetch(`${mirror.url(upstream.host)}/app/blobs/sha256:${hex.repeat(64)}`)),
  );

  const sizes = pulls.map(async (pull) => {
    let bytes = 0;
    try {
      for await (const piece of pull.body ?? []) {
        bytes += piece.length;
        if (bytes >= 448_000) end(); // the first that gets so far lets all go on
      }
    } catch {
      // cut, since it took too much
    }
    return bytes;
  });

  const full = (await Promise.all(sizes)).filter((bytes) => bytes >= 448_000);
  assert.ok(full.length <= 2, `${full.length} of four are there at once`);
  assert.equal(mirror.mirror.stats().count, 0);
});

test("an upstream that limits the rate is left alone for a while, and people are told what to do", async () => {
  await using upstream = await FakeRegistry.start();
  await using mirror = await startTestMirror();
  await mirror.add(upstream.host);
  upstream.overrides.push((_, response) => {
    sendError(response, 429, "TOOMANYREQUESTS", "You have reached your pull rate limit.");
    return true;
  });

  const answers = [];
  for (const tag of ["1", "2", "3"]) answers.push(await fetch(`${mirror.url(upstream.host)}/app/manifests/${tag}`));

  for (const answer of answers) {
    assert.equal(answer.status, 401);
    assert.match(answer.headers.get("www-authenticate") ?? "", /^Bearer realm=":\/\/mirror: .*429.*docker login/);
    assert.match(await answer.text(), /TOOMANYREQUESTS/);
  }
  assert.equal(upstream.seen.length, 1);
});

test("nothing is answered to an unknown door, for an unknown upstream, or but to GET and HEAD", async () => {
  await using upstream = await FakeRegistry.start();
  await using mirror = await startTestMirror();
  await mirror.add(upstream.host);
  put(upstream, "1", Buffer.from("x"));
  const path = "app/manifests/1";

  const answers = await Promise.all([
    fetch(`http://${mirror.host}/v2/mirror/other/${upstream.host}/${path}`),
    fetch(`${mirror.url("registry.example.com")}/${path}`),
    fetch(`${mirror.url(upstream.host)}/${path}`, { method: "PUT", body: "{}" }),
    fetch(`${mirror.url(upstream.host)}/${path.replace("app", "../app")}`),
    fetch(`${mirror.url(upstream.host)}/app/manifests/..%2f..%2fx`),
  ]);

  assert.deepEqual(
    answers.map(({ status }) => status),
    [404, 401, 405, 404, 401],
  );
  assert.deepEqual(upstream.log, []);
});
