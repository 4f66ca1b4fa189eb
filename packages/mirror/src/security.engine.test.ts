import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { FakeRegistry } from "@opendepot/registry-client/testing";
import { startTestMirror } from "./testing/index.ts";

const OCI = "application/vnd.oci.image.manifest.v1+json";
const LOGIN = { username: "acme", password: "upstream-password" };

const digestOf = (bytes: Buffer): string => `sha256:${createHash("sha256").update(bytes).digest("hex")}`;

/** Whatever is asked for, and by whom, on a host of somebody else. */
async function startStranger(): Promise<AsyncDisposable & { host: string; seen: IncomingMessage[]; bodies: string[] }> {
  const seen: IncomingMessage[] = [];
  const bodies: string[] = [];
  const server = createServer((request, response) => {
    seen.push(request);
    request.setEncoding("utf8").on("data", (text: string) => bodies.push(text));
    request.on("end", () => response.end(JSON.stringify({ token: "stolen" })));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const dispose = async (): Promise<void> => {
    server.closeAllConnections();
    server.close();
    await once(server, "close");
  };
  return { host: `127.0.0.1:${(server.address() as AddressInfo).port}`, seen, bodies, [Symbol.asyncDispose]: dispose };
}

/** How many bytes came before the end, whatever that was, and whether it was a good one. */
async function drain(response: Response): Promise<{ bytes: number; isWhole: boolean }> {
  let bytes = 0;
  try {
    for await (const piece of response.body ?? []) bytes += piece.length;
    return { bytes, isWhole: true };
  } catch {
    return { bytes, isWhole: false };
  }
}

test("a blob that is not what its digest says is neither kept nor served whole, however it is asked for", async () => {
  await using upstream = await FakeRegistry.start();
  await using mirror = await startTestMirror();
  await mirror.add(upstream.host);
  const [good, evil] = [randomBytes(400_000), randomBytes(400_000)];
  const digest = digestOf(good);
  upstream.blobs.set(digest, evil);
  const url = `${mirror.url(upstream.host)}/app/blobs/${digest}`;

  const whole = await drain(await fetch(url));
  const tail = await fetch(url, { headers: { range: "bytes=399999-" } });

  assert.ok(!whole.isWhole && whole.bytes < evil.length);
  assert.equal(tail.status, 401);
  assert.equal(mirror.mirror.stats().count, 0);
  upstream.blobs.set(digest, good);
  assert.deepEqual(Buffer.from(await (await fetch(url)).arrayBuffer()), good);
});

test("an empty blob that is not what its digest says is refused before a good end", async () => {
  await using upstream = await FakeRegistry.start();
  await using mirror = await startTestMirror();
  await mirror.add(upstream.host);
  const digest = digestOf(Buffer.from("something"));
  upstream.blobs.set(digest, Buffer.alloc(0));

  const response = await fetch(`${mirror.url(upstream.host)}/app/blobs/${digest}`);

  assert.equal(response.status, 401);
});

test("a manifest that is not what its digest says, or what the upstream announces, is refused", async () => {
  await using upstream = await FakeRegistry.start();
  await using mirror = await startTestMirror();
  await mirror.add(upstream.host);
  const [good, evil] = [Buffer.from('{"schemaVersion":2}'), Buffer.from('{"schemaVersion":2,"evil":true}')];
  upstream.manifests.set(digestOf(good), { mediaType: OCI, bytes: evil });
  upstream.overrides.push(({ path }, response) => {
    if (!path.endsWith("/manifests/latest")) return false;
    response.writeHead(200, { "content-type": OCI, "docker-content-digest": digestOf(good), "content-length": 19 });
    response.end();
    return true;
  });
  const base = `${mirror.url(upstream.host)}/app/manifests`;

  const answers = await Promise.all([fetch(`${base}/${digestOf(good)}`), fetch(`${base}/latest`)]);

  for (const { status } of answers) assert.equal(status, 401);
  assert.equal(mirror.mirror.stats().count, 0);
});

test("a login is shown to the registry's own token server only, whatever the registry says (CVE-2026-33540)", async () => {
  await using upstream = await FakeRegistry.start();
  await using stranger = await startStranger();
  await using mirror = await startTestMirror();
  await mirror.add(upstream.host, LOGIN);
  upstream.overrides.push((_, response) => {
    response.writeHead(401, { "www-authenticate": `Bearer realm="http://${stranger.host}/token",service="x"` });
    response.end();
    return true;
  });

  const response = await fetch(`${mirror.url(upstream.host)}/app/manifests/1`);

  assert.equal(response.status, 401);
  assert.deepEqual(stranger.seen, []);
  assert.doesNotMatch(JSON.stringify([...response.headers]) + (await response.text()), /upstream-password/);
});

test("a token server that an administrator has named gets the login", async () => {
  await using upstream = await FakeRegistry.start();
  await using stranger = await startStranger();
  await using mirror = await startTestMirror();
  await mirror.add(upstream.host, { ...LOGIN, tokenHost: stranger.host });
  upstream.overrides.push(({ authorization }, response) => {
    if (authorization !== undefined) return false;
    response.writeHead(401, { "www-authenticate": `Bearer realm="http://${stranger.host}/token",service="x"` });
    response.end();
    return true;
  });
  const bytes = Buffer.from("{}");
  for (const name of ["1", digestOf(bytes)]) upstream.manifests.set(name, { mediaType: OCI, bytes });

  assert.equal((await fetch(`${mirror.url(upstream.host)}/app/manifests/1`)).status, 200);
  assert.match(stranger.bodies.join(), /upstream-password/);
});

for (const access of ["basic", "bearer"] as const) {
  test(`a redirect to another host gets no login, nor what came of it (${access})`, async () => {
    await using upstream = await FakeRegistry.start();
    await using stranger = await startStranger();
    await using mirror = await startTestMirror();
    upstream.access = { kind: access, ...LOGIN };
    await mirror.add(upstream.host, LOGIN);
    upstream.overrides.push(({ path, authorization }, response) => {
      if (authorization === undefined || !path.includes("/blobs/")) return false;
      response.writeHead(307, { location: `http://${stranger.host}/elsewhere` }).end();
      return true;
    });

    await drain(await fetch(`${mirror.url(upstream.host)}/app/blobs/${digestOf(Buffer.from("x"))}`));

    assert.equal(stranger.seen.length, 1);
    assert.equal(stranger.seen[0]?.headers.authorization, undefined);
  });
}

test("a registry on a private address is refused unless it may be there, and so is where one sends us on to", async () => {
  await using inside = await FakeRegistry.start();
  await using mirror = await startTestMirror();
  const { port } = new URL(`http://${inside.host}`);
  inside.manifests.set("1", { mediaType: OCI, bytes: Buffer.from("{}") });
  for (const host of [inside.host, `localhost:${port}`]) await mirror.add(host, { allowsPrivate: false });

  for (const host of [inside.host, `localhost:${port}`]) {
    const response = await fetch(`${mirror.url(host)}/app/manifests/1`);
    assert.equal(response.status, 401);
    assert.match(await response.text(), /does not go to/);
  }
  assert.deepEqual(inside.seen, []);

  await using metadata = await startTestMirror();
  await metadata.add(inside.host);
  inside.overrides.push((_, response) => {
    response.writeHead(302, { location: "http://169.254.169.254/latest/meta-data/" }).end();
    return true;
  });
  const led = await fetch(`${metadata.url(inside.host)}/app/manifests/1`);
  assert.equal(led.status, 401);
  assert.match(await led.text(), /169\.254\.169\.254.*does not go to/);
});

test("what one organization's login has fetched, another sees only if the upstream shows it to it as well", async () => {
  await using upstream = await FakeRegistry.start();
  upstream.access = { kind: "basic", ...LOGIN };
  await using mirror = await startTestMirror();
  await mirror.add(upstream.host, { ...LOGIN, organization: "acme" });
  await mirror.add(upstream.host);
  const secret = randomBytes(1000);
  const digest = upstream.addBlob(secret);
  const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, layers: [{ digest, size: 1000 }] }));
  for (const name of ["1", digestOf(bytes)]) upstream.manifests.set(name, { mediaType: OCI, bytes });
  const paths = ["manifests/1", `manifests/${digestOf(bytes)}`, `blobs/${digest}`];
  const statuses = async (organization: string, method = "GET"): Promise<number[]> => {
    const found = [];
    for (const path of paths) {
      const response = await fetch(`${mirror.url(upstream.host, organization)}/app/${path}`, { method });
      found.push(response.status);
      await response.arrayBuffer();
    }
    return found;
  };

  assert.deepEqual(await statuses("acme"), [200, 200, 200]);
  assert.deepEqual(await statuses("others"), [401, 401, 401]);
  assert.deepEqual(await statuses("others", "HEAD"), [401, 401, 401]);
  await mirror.add(upstream.host, { ...LOGIN, organization: "others" });
  assert.deepEqual(await statuses("others"), [200, 200, 200]);
});

test("a registry that claims to have everything gets nothing that another's login has fetched", async () => {
  await using upstream = await FakeRegistry.start();
  await using liar = await FakeRegistry.start();
  upstream.access = { kind: "basic", ...LOGIN };
  await using mirror = await startTestMirror();
  await mirror.add(upstream.host, { ...LOGIN, organization: "acme" });
  await mirror.add(liar.host, { organization: "mallory" });
  const secret = randomBytes(1000);
  const digest = upstream.addBlob(secret);
  await drain(await fetch(`${mirror.url(upstream.host)}/app/blobs/${digest}`));
  liar.overrides.push(({ method }, response) => {
    response.writeHead(200, { "content-length": 1000, "docker-content-digest": digest });
    response.end(method === "HEAD" ? undefined : Buffer.alloc(1000));
    return true;
  });

  const stolen = await fetch(`${mirror.url(liar.host, "mallory")}/app/blobs/${digest}`);

  const got = await drain(stolen);
  assert.equal(got.isWhole, false);
  assert.ok(Buffer.from(secret).length > got.bytes);
  assert.equal((await fetch(`${mirror.url(liar.host, "mallory")}/app/manifests/${digest}`)).status, 401);
});

test("a login that has changed no longer shows what it had shown", async () => {
  await using upstream = await FakeRegistry.start();
  upstream.access = { kind: "basic", ...LOGIN };
  await using mirror = await startTestMirror();
  await mirror.add(upstream.host, { ...LOGIN, organization: "acme" });
  const digest = upstream.addBlob(randomBytes(10));
  const url = `${mirror.url(upstream.host)}/app/blobs/${digest}`;
  assert.deepEqual(await drain(await fetch(url)), { bytes: 10, isWhole: true });

  await mirror.add(upstream.host, { username: "acme", password: "wrong", organization: "acme" });

  assert.equal((await fetch(url)).status, 401);
});

for (const kind of ["blobs", "manifests"] as const) {
  test(`a login that has changed shows nothing of the ${kind} that still come by the earlier one, then or later`, async () => {
    await using upstream = await FakeRegistry.start();
    await using mirror = await startTestMirror();
    await mirror.add(upstream.host, { ...LOGIN, organization: "acme" });
    const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, annotations: { filler: "x".repeat(1000) } }));
    const [begun, goOn] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    upstream.overrides.push(async ({ headers }, response) => {
      const expected = `Basic ${Buffer.from(`${LOGIN.username}:${LOGIN.password}`).toString("base64")}`;
      if (headers.authorization !== expected) {
        response.writeHead(401, { "www-authenticate": "Basic realm=upstream" }).end();
        return true;
      }
      response.writeHead(200, { "content-type": OCI, "content-length": bytes.length });
      response.write(bytes.subarray(0, 10));
      begun.resolve();
      await goOn.promise;
      response.end(bytes.subarray(10));
      return true;
    });
    const url = `${mirror.url(upstream.host)}/app/${kind}/${digestOf(bytes)}`;
    const early = fetch(url).then(drain);
    await begun.promise;

    await mirror.add(upstream.host, { username: "acme", password: "wrong", organization: "acme" });

    assert.equal((await fetch(url)).status, 401, "while it comes");
    goOn.resolve();
    assert.deepEqual(await early, { bytes: bytes.length, isWhole: true });
    assert.equal((await fetch(url)).status, 401, "when it has come");
  });
}

test("manifests and blobs of any size are cut at the limit, announced or not", async () => {
  await using upstream = await FakeRegistry.start();
  await using mirror = await startTestMirror({ maxBytes: 2_000_000 });
  await mirror.add(upstream.host);
  const huge = Buffer.alloc(6_000_000, " ");
  const digest = digestOf(huge);
  upstream.overrides.push(({ method, path }, response) => {
    if (method === "HEAD") return false;
    const isAnnounced = path.includes("announced");
    response.writeHead(200, { "content-type": OCI, ...(isAnnounced ? { "content-length": huge.length } : {}) });
    response.end(huge);
    return true;
  });
  const base = mirror.url(upstream.host);

  for (const name of ["announced", "endless"]) {
    assert.equal((await fetch(`${base}/${name}/manifests/${digest}`)).status, 401, name);
    const blob = await fetch(`${base}/${name}/blobs/${digest}`);
    const { bytes, isWhole } = await drain(blob);
    assert.ok(blob.status === 401 || (!isWhole && bytes <= 1_000_000), `${name}: ${blob.status}, ${bytes} bytes`);
  }
  assert.equal(mirror.mirror.stats().count, 0);
});

test("paths that mean something else to somebody are refused before anybody is asked", async () => {
  await using upstream = await FakeRegistry.start();
  await using mirror = await startTestMirror();
  await mirror.add(upstream.host);

  for (const path of [
    "app%2f..%2fother/manifests/1",
    "app/manifests/1%3fx=y",
    "app/manifests/%2e%2e",
    "App/manifests/1",
    `app/blobs/sha256:${"A".repeat(64)}`,
    "app/blobs/md5:d41d8cd98f00b204e9800998ecf8427e",
    `${"a/".repeat(200)}a/manifests/1`,
  ]) {
    const { status } = await fetch(`${mirror.url(upstream.host)}/${path}`);
    assert.ok(status === 401 || status === 404, `${path}: ${status}`);
  }
  assert.deepEqual(upstream.log, []);
});
