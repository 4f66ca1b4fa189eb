import assert from "node:assert/strict";
import { test } from "node:test";
import { isProblem } from "@opendepot/base";
import {
  type Descriptor,
  digestOf,
  MediaType,
  makeIndex,
  type Platform,
  parseNormalizedReference,
} from "@opendepot/oci";
import { openRegistry, type RegistryRepository } from "@opendepot/registry-client";
import { FakeRegistry } from "@opendepot/registry-client/testing";
import { openRegistryImage } from "./registry-content.ts";

const { signal } = new AbortController();
const AMD64: Platform = { os: "linux", architecture: "amd64" };
const encode = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));

function open(registry: FakeRegistry): Promise<RegistryRepository> {
  return openRegistry({ reference: parseNormalizedReference(`${registry.host}/p1`) });
}

function addManifest(registry: FakeRegistry, bytes: Buffer, mediaType: string, tag?: string): Descriptor {
  const digest = digestOf(bytes);
  for (const name of [digest, ...(tag === undefined ? [] : [tag])]) registry.manifests.set(name, { mediaType, bytes });
  return { mediaType, digest, size: bytes.length };
}

function addImage(registry: FakeRegistry, platform: object, tag?: string): Descriptor {
  const bytes = encode(platform);
  registry.addBlob(bytes);
  const config = { mediaType: MediaType.ociConfig, digest: digestOf(bytes), size: bytes.length };
  const manifest = { schemaVersion: 2, mediaType: MediaType.ociManifest, config, layers: [] };
  return addManifest(registry, encode(manifest), MediaType.ociManifest, tag);
}

function addIndex(registry: FakeRegistry, tag: string, platforms: readonly Platform[]): Descriptor[] {
  const children = platforms.map((platform) => ({ ...addImage(registry, platform), platform }));
  const proof = { ...addImage(registry, {}), platform: { os: "unknown", architecture: "unknown" } };
  addManifest(registry, Buffer.from(makeIndex([proof, ...children]).bytes), MediaType.ociIndex, tag);
  return children;
}

async function collect(pieces: AsyncIterable<Uint8Array>): Promise<string> {
  const all: Uint8Array[] = [];
  for await (const piece of pieces) all.push(piece);
  return Buffer.concat(all).toString();
}

test("of an index the platform's image is chosen, and its parts are read from where registries have them", async () => {
  await using registry = await FakeRegistry.start();
  const arm: Platform = { os: "linux", architecture: "arm64" };
  const [, child] = addIndex(registry, "v1", [AMD64, arm]);
  await using repository = await open(registry);

  const image = await openRegistryImage(repository, { reference: "v1", platform: arm, signal });

  assert.deepEqual(image.platform, arm);
  assert.equal(image.descriptor.mediaType, MediaType.ociIndex);
  const { digest = "", size = 0 } = child ?? {};
  const whole = await collect(image.content.read(digest, 0, size, signal));
  const { config } = JSON.parse(whole) as { config: Descriptor };
  assert.equal(await collect(image.content.read(digest, 1, 5, signal)), whole.slice(1, 6));
  assert.deepEqual(await image.content.info(digest, signal), { size });
  assert.match(await collect(image.content.read(config.digest, 0, config.size, signal)), /arm64/);
  assert.equal(await collect(image.content.read(config.digest, 0, 3, signal)), '{"o');
  assert.equal(registry.log.filter((line) => line.endsWith(digest)).length, 1);
});

test("a variant is any where none is asked for", async () => {
  await using registry = await FakeRegistry.start();
  addIndex(registry, "v1", [{ os: "linux", architecture: "arm", variant: "v6" }]);
  await using repository = await open(registry);

  const any = { reference: "v1", platform: { os: "linux", architecture: "arm" }, signal };
  assert.equal((await openRegistryImage(repository, any)).platform?.variant, "v6");
  const other = { ...any, platform: { os: "linux", architecture: "arm", variant: "v7" } };
  await assert.rejects(openRegistryImage(repository, other), { code: "platform_not_available" });
});

test("an image for another platform is not taken for one's own", async () => {
  await using registry = await FakeRegistry.start();
  addImage(registry, { os: "linux", architecture: "s390x" }, "alone");
  addIndex(registry, "many", [{ os: "linux", architecture: "s390x" }]);
  await using repository = await open(registry);

  for (const reference of ["alone", "many"]) {
    await assert.rejects(openRegistryImage(repository, { reference, platform: AMD64, signal }), (error) => {
      assert(isProblem(error, "platform_not_available"));
      assert.equal(error.hint, "it has linux/s390x; choose with --platform");
      return true;
    });
  }
});

test("an image that says nothing of its platform is for all", async () => {
  await using registry = await FakeRegistry.start();
  addImage(registry, {}, "v1");
  await using repository = await open(registry);

  assert.equal((await openRegistryImage(repository, { reference: "v1", platform: AMD64, signal })).platform, undefined);
});

test("a tag that is not there is told as that", async () => {
  await using registry = await FakeRegistry.start();
  await using repository = await open(registry);

  await assert.rejects(openRegistryImage(repository, { reference: "v1", platform: AMD64, signal }), {
    code: "image_unknown",
  });
});
