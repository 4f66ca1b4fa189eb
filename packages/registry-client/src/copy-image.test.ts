import assert from "node:assert/strict";
import { test } from "node:test";
import { isProblem, systemClock } from "@opendepot/base";
import { type Descriptor, digestOf, MediaType, makeIndex, parseNormalizedReference } from "@opendepot/oci";
import { type CopyProgress, copyImage } from "./copy-image.ts";
import { openRegistry, type RegistryOptions, type RegistryRepository } from "./repository.ts";
import { FakeRegistry, sendError } from "./testing/index.ts";

const clock = { now: systemClock.now, sleep: async () => undefined };

function open(
  registry: FakeRegistry,
  path: string,
  options: Partial<RegistryOptions> = {},
): Promise<RegistryRepository> {
  const reference = parseNormalizedReference(`${registry.host}/${path}`);
  return openRegistry({ reference, access: "push", clock, ...options });
}

const encode = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));

function addManifest(registry: FakeRegistry, bytes: Buffer, mediaType: string, tag?: string): Descriptor {
  const digest = digestOf(bytes);
  for (const name of [digest, ...(tag === undefined ? [] : [tag])]) registry.manifests.set(name, { mediaType, bytes });
  return { mediaType, digest, size: bytes.length };
}

function addBlob(registry: FakeRegistry, bytes: Buffer, mediaType: string): Descriptor {
  registry.addBlob(bytes);
  return { mediaType, digest: digestOf(bytes), size: bytes.length };
}

function addImage(registry: FakeRegistry, layer: Buffer, tag?: string): Descriptor {
  const config = addBlob(
    registry,
    encode({ os: "linux", architecture: layer.toString("latin1", 0, 5) }),
    MediaType.ociConfig,
  );
  const layers = [addBlob(registry, layer, MediaType.ociLayerGzip)];
  const manifest = { schemaVersion: 2, mediaType: MediaType.ociManifest, config, layers };
  return addManifest(registry, encode(manifest), MediaType.ociManifest, tag);
}

/** An index over two platforms, of which one has an attestation. */
function addIndex(registry: FakeRegistry, tag: string): Descriptor {
  const amd64 = { ...addImage(registry, Buffer.from("amd64 layer")), platform: { os: "linux", architecture: "amd64" } };
  const arm64 = { ...addImage(registry, Buffer.from("arm64 layer")), platform: { os: "linux", architecture: "arm64" } };
  const config = addBlob(registry, Buffer.from("{}"), "application/vnd.oci.empty.v1+json");
  const statement = addBlob(registry, encode({ _type: "https://in-toto.io/Statement/v1" }), MediaType.inToto);
  const proof = encode({
    schemaVersion: 2,
    mediaType: MediaType.ociManifest,
    config,
    layers: [statement],
    subject: amd64,
  });
  const attestation = {
    ...addManifest(registry, proof, MediaType.ociManifest),
    platform: { os: "unknown", architecture: "unknown" },
    annotations: { "vnd.docker.reference.type": "attestation-manifest" },
  };
  return addManifest(registry, Buffer.from(makeIndex([amd64, attestation, arm64]).bytes), MediaType.ociIndex, tag);
}

const puts = (registry: FakeRegistry): string[] =>
  registry.log
    .filter((line) => line.startsWith("PUT") && line.includes("/manifests/"))
    .map((line) => line.split("/").at(-1) ?? "");

test("an index is copied whole, its digest stays, and tags are written when everything else is there", async () => {
  await using source = await FakeRegistry.start();
  await using target = await FakeRegistry.start();
  const index = addIndex(source, "build-1");
  await using from = await open(source, "project");
  await using to = await open(target, "acme/app");

  const copied = await copyImage({ from, to, reference: "build-1", tags: ["1.0", "latest"] });

  assert.equal(copied.descriptor.digest, index.digest);
  assert.deepEqual([...target.blobs.keys()].sort(), [...source.blobs.keys()].sort());
  assert.deepEqual(target.manifests.get("latest"), source.manifests.get("build-1"));
  const written = puts(target);
  assert.equal(written.length, 5);
  assert.deepEqual(written.slice(-2), ["1.0", "latest"]);
  const firstManifest = target.log.findIndex((line) => line.startsWith("PUT") && line.includes("/manifests/"));
  const lastBlob = target.log.findLastIndex((line) => line.includes("/blobs/"));
  assert(lastBlob < firstManifest);
});

test("what the target has is not sent again", async () => {
  await using source = await FakeRegistry.start();
  await using target = await FakeRegistry.start();
  addIndex(source, "build-1");
  await using from = await open(source, "project");
  await using to = await open(target, "acme/app");
  await copyImage({ from, to, reference: "build-1", tags: ["1.0"] });
  const before = target.seen.length;
  const states: string[] = [];

  const again = await copyImage({
    ...{ from, to, reference: "build-1", tags: ["2.0"] },
    onProgress: ({ state }) => states.push(state),
  });

  assert.equal(again.sentBytes, 0);
  assert.deepEqual([...new Set(states)], ["present"]);
  const written = target.seen.slice(before).filter(({ method }) => method !== "HEAD" && method !== "GET");
  assert.deepEqual(
    written.map(({ method, path }) => `${method} ${path}`),
    ["PUT /v2/acme/app/manifests/2.0"],
  );
});

test("within one registry blobs are mounted, and no byte of them passes", async () => {
  await using registry = await FakeRegistry.start();
  addImage(registry, Buffer.from("amd64 layer"), "build-1");
  // Blobs belong to repositories: the target's has none of them.
  registry.overrides.push(({ method, path }, response) => {
    if (method !== "HEAD" || !path.startsWith("/v2/two/blobs/")) return false;
    response.writeHead(404).end();
    return true;
  });
  await using from = await open(registry, "one");
  await using to = await open(registry, "two");

  const copied = await copyImage({ from, to, reference: "build-1", tags: ["1.0"] });

  assert.equal(copied.sentBytes, 0);
  const mounts = registry.log.filter((line) => line.startsWith("POST /v2/two/blobs/uploads/?mount=sha256%3A"));
  assert.equal(mounts.length, 2);
  assert(mounts.every((line) => line.endsWith("&from=one")));
  assert(!registry.log.some((line) => line.startsWith("GET /v2/one/blobs/")));
});

test("a registry that mounts nothing gets the blobs", async () => {
  await using registry = await FakeRegistry.start();
  addImage(registry, Buffer.from("amd64 layer"), "build-1");
  registry.overrides.push(({ method, path }, response) => {
    if (method === "HEAD" && path.startsWith("/v2/two/blobs/")) response.writeHead(404).end();
    else if (path.includes("?mount=")) sendError(response, 403, "DENIED", "not from there");
    else return false;
    return true;
  });
  await using from = await open(registry, "one");
  await using to = await open(registry, "two");

  const copied = await copyImage({ from, to, reference: "build-1", tags: ["1.0"] });

  assert(copied.sentBytes > 0);
  assert.deepEqual(puts(registry), ["1.0"]);
});

test("a blob that is not what its digest says leaves the target without the image", async () => {
  await using source = await FakeRegistry.start();
  await using target = await FakeRegistry.start();
  const layer = Buffer.from("amd64 layer");
  addImage(source, layer, "build-1");
  source.blobs.set(digestOf(layer), Buffer.from("amd64 lAyer"));
  await using from = await open(source, "project");
  await using to = await open(target, "acme/app");

  await assert.rejects(copyImage({ from, to, reference: "build-1", tags: ["1.0"] }), (error) =>
    isProblem(error, "registry_answer_invalid"),
  );

  assert.deepEqual(puts(target), []);
  assert(!target.blobs.has(digestOf(layer)));
});

test("an image that is not there, and a manifest that an index lists in vain, are told", async () => {
  await using source = await FakeRegistry.start();
  await using target = await FakeRegistry.start();
  await using from = await open(source, "project");
  await using to = await open(target, "acme/app");
  const gone = { mediaType: MediaType.ociManifest, digest: digestOf(Buffer.from("gone")), size: 4 };
  addManifest(source, Buffer.from(makeIndex([gone]).bytes), MediaType.ociIndex, "broken");

  for (const reference of ["none", "broken"]) {
    await assert.rejects(copyImage({ from, to, reference, tags: ["1.0"] }), (error) =>
      isProblem(error, "registry_content_missing"),
    );
  }

  assert.deepEqual(target.seen, []);
});

test("layers that are to be had elsewhere only stay there", async () => {
  await using source = await FakeRegistry.start();
  await using target = await FakeRegistry.start();
  const config = addBlob(source, encode({ os: "windows", architecture: "amd64" }), MediaType.dockerConfig);
  const foreign = {
    mediaType: "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip",
    digest: digestOf(Buffer.from("a base layer")),
    size: 12,
    urls: ["https://example.org/base"],
  };
  const manifest = { schemaVersion: 2, mediaType: MediaType.dockerManifest, config, layers: [foreign] };
  addManifest(source, encode(manifest), MediaType.dockerManifest, "build-1");
  await using from = await open(source, "project");
  await using to = await open(target, "acme/app");
  const states: CopyProgress["state"][] = [];

  await copyImage({ from, to, reference: "build-1", tags: ["1.0"], onProgress: ({ state }) => states.push(state) });

  assert.deepEqual(states.filter((state) => state !== "copying").sort(), ["copied", "elsewhere"]);
  assert.equal(target.manifests.get("1.0")?.mediaType, MediaType.dockerManifest);
});

test("at most four blobs are on their way at once, and the first failure ends it", async () => {
  await using source = await FakeRegistry.start();
  await using target = await FakeRegistry.start();
  const config = addBlob(source, Buffer.from("{}"), MediaType.ociConfig);
  const layers = Array.from({ length: 12 }, (_, at) => addBlob(source, Buffer.from(`layer ${at}`), MediaType.ociLayer));
  const manifest = { schemaVersion: 2, mediaType: MediaType.ociManifest, config, layers };
  addManifest(source, encode(manifest), MediaType.ociManifest, "build-1");
  let open_ = 0;
  let most = 0;
  let sent = 0;
  target.overrides.push(async ({ method, path }, response) => {
    if (method !== "PUT" || !path.includes("/blobs/uploads/")) return false;
    most = Math.max(most, ++open_);
    await new Promise((resolve) => setImmediate(resolve));
    open_--;
    if (++sent < 6) return false;
    sendError(response, 403, "DENIED", "the quota is used up");
    return true;
  });
  await using from = await open(source, "project");
  await using to = await open(target, "acme/app");

  await assert.rejects(
    copyImage({ from, to, reference: "build-1", tags: ["1.0"] }),
    (error) => isProblem(error, "registry_denied") && /quota/.test(error.message),
  );

  assert(most <= 4, String(most));
  assert(sent <= 9, String(sent));
  assert.deepEqual(puts(target), []);
});

test("an abort ends a copy with its reason", async () => {
  await using source = await FakeRegistry.start();
  await using target = await FakeRegistry.start();
  addImage(source, Buffer.from("amd64 layer"), "build-1");
  const stop = new AbortController();
  const reason = new Error("enough");
  target.overrides.push(() => {
    stop.abort(reason);
    return new Promise<boolean>(() => undefined);
  });
  await using from = await open(source, "project");
  await using to = await open(target, "acme/app");

  await assert.rejects(
    copyImage({ from, to, reference: "build-1", tags: ["1.0"], signal: stop.signal }),
    (error) => error === reason,
  );
});
