import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { type LoopbackRegistry, openLoopbackRegistry } from "./loopback-registry.ts";
import { resolveImage } from "./resolve-image.ts";
import { MemoryContent } from "./testing/memory-content.ts";

const LAYER = Buffer.alloc(300_000, "0123456789");

interface Served extends AsyncDisposable {
  readonly registry: LoopbackRegistry;
  readonly content: MemoryContent;
  readonly image: ReturnType<MemoryContent["addImage"]>;
  /** Below the image's repository. */
  url(path: string): string;
}

async function serve(layer: Buffer = LAYER): Promise<Served> {
  const content = new MemoryContent();
  const image = content.addImage(layer);
  const signal = AbortSignal.timeout(30_000);
  const resolved = await resolveImage({ content, descriptor: image.descriptor, signal });
  const registry = await openLoopbackRegistry({ image: resolved, content, signal });
  const { domain, path } = registry.reference;
  return {
    registry,
    content,
    image,
    url: (rest) => `http://${domain}/v2/${path}/${rest}`,
    [Symbol.asyncDispose]: () => registry[Symbol.asyncDispose](),
  };
}

test("the image can be pulled: manifest, configuration and layers", async () => {
  await using served = await serve();
  const { image, url } = served;

  const manifest = await fetch(url(`manifests/${image.descriptor.digest}`));
  const head = await fetch(url(`manifests/${image.descriptor.digest}`), { method: "HEAD" });
  const config = await fetch(url(`blobs/${image.config.digest}`));
  const layer = await fetch(url(`blobs/${image.layer.digest}`));

  assert.deepEqual(Buffer.from(await manifest.arrayBuffer()), Buffer.from(image.bytes));
  assert.equal(manifest.headers.get("content-type"), image.descriptor.mediaType);
  assert.equal(head.headers.get("docker-content-digest"), image.descriptor.digest);
  assert.equal(head.headers.get("content-length"), String(image.bytes.length));
  assert.deepEqual(await config.json(), { os: "linux", architecture: "amd64" });
  assert.deepEqual(Buffer.from(await layer.arrayBuffer()), LAYER);
  assert.equal(served.registry.servedBytes, LAYER.length + image.config.size);
});

test("a part of a layer is read from the builder as a part", async () => {
  await using served = await serve();
  const { content, image, url } = served;

  const answer = await fetch(url(`blobs/${image.layer.digest}`), { headers: { range: "bytes=100000-100004" } });
  const behind = await fetch(url(`blobs/${image.layer.digest}`), { headers: { range: "bytes=300000-" } });

  assert.equal(answer.status, 206);
  assert.equal(answer.headers.get("content-range"), "bytes 100000-100004/300000");
  assert.equal(await answer.text(), "01234");
  assert.equal(content.reads.at(-1), `${image.layer.digest} 100000 5`);
  assert.equal(behind.status, 416);
  await behind.body?.cancel();
});

test("there is nothing else: no other path, no list, no writing", async () => {
  await using served = await serve();
  await using other = await serve();
  const { image, url, registry, content } = served;
  const { domain } = registry.reference;
  const secret = content.add(Buffer.from("another build's"), "x").digest;
  const wrong: ReadonlyArray<readonly [string, string]> = [
    ["GET", `http://${domain}/`],
    ["GET", `http://${domain}/v2/_catalog`],
    ["GET", `http://${domain}/v2/depot-load/${"0".repeat(32)}/manifests/${image.descriptor.digest}`],
    ["GET", url("tags/list")],
    ["GET", url("manifests/latest")],
    ["GET", url(`manifests/${image.layer.digest}`)],
    ["GET", url(`blobs/${secret}`)],
    ["GET", url(`blobs/${image.descriptor.digest}`)],
    ["PUT", url(`manifests/${image.descriptor.digest}`)],
    ["POST", url("blobs/uploads/")],
    ["DELETE", url(`blobs/${image.layer.digest}`)],
  ];

  const readsBefore = content.reads.length;
  for (const [method, address] of wrong) {
    const answer = await fetch(address, { method });
    assert.equal(answer.status, 404, `${method} ${address}`);
    await answer.body?.cancel();
  }

  assert.equal(content.reads.length, readsBefore);
  assert.notEqual(other.registry.reference.path, registry.reference.path);
});

test("a reader that does not read holds the builder back", async () => {
  await using served = await serve(Buffer.alloc(64 * 1024 ** 2));
  const { content, image, registry } = served;
  const [host, port] = registry.reference.domain.split(":");
  const socket = connect(Number(port), host);
  await once(socket, "connect");

  socket.pause();
  socket.write(`GET /v2/${registry.reference.path}/blobs/${image.layer.digest} HTTP/1.1\r\nHost: x\r\n\r\n`);
  await sleep(200);
  const taken = content.taken;
  await sleep(100);

  assert.equal(content.taken, taken);
  assert.ok(taken < 16 * 1024 ** 2, `${taken} bytes`);
  socket.destroy();
});

test("content that cannot be read aborts with its reason, and a reader who leaves does not", async () => {
  await using served = await serve();
  const { content, image, url, registry } = served;

  const leaving = await fetch(url(`blobs/${image.layer.digest}`));
  await leaving.body?.cancel();
  await sleep(20);
  assert.equal(registry.failed.aborted, false);

  content.blobs.delete(image.layer.digest);
  await assert.rejects(fetch(url(`blobs/${image.layer.digest}`)).then((answer) => answer.arrayBuffer()));
  assert.match(String(registry.failed.reason), /no sha256/);
});

test("content of another size than its descriptor says is not passed off as whole", async () => {
  await using served = await serve();
  const { content, image, url, registry } = served;
  content.read = async function* () {
    yield Buffer.alloc(10);
  };

  await assert.rejects(fetch(url(`blobs/${image.layer.digest}`)).then((answer) => answer.arrayBuffer()));
  assert.match(String(registry.failed.reason), /another size/);
});

test("closing ends what is still being sent", async () => {
  const served = await serve(Buffer.alloc(64 * 1024 ** 2));
  const answer = await fetch(served.url(`blobs/${served.image.layer.digest}`));

  await served[Symbol.asyncDispose]();
  await served[Symbol.asyncDispose]();

  await assert.rejects(answer.arrayBuffer());
  await assert.rejects(fetch(served.url("")));
});
