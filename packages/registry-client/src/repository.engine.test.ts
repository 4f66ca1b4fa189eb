import assert from "node:assert/strict";
import { test } from "node:test";
import { gunzipSync, gzipSync } from "node:zlib";
import { isProblem } from "@opendepot/base";
import { type Descriptor, digestOf, MediaType, makeIndex, parseIndex, parseNormalizedReference } from "@opendepot/oci";
import { prepareTestTools, runProgram, startRegistry, type TestRegistry } from "@opendepot/testing";
import type { Credentials } from "./credentials.ts";
import { openRegistry, type RegistryRepository } from "./repository.ts";

const { skopeo } = await prepareTestTools();
const login = { username: "ann", password: "s3cret: with colon" };
const credentials: Credentials = { lookup: async () => ({ ...login, identityToken: "", registryToken: "" }) };

function open(registry: TestRegistry, path: string, given?: Credentials): Promise<RegistryRepository> {
  const reference = parseNormalizedReference(`${registry.host}/${path}`);
  return openRegistry({ reference, access: "push", credentials: given });
}

async function inspect(args: readonly string[]): Promise<Record<string, unknown>> {
  const { code, stdout, stderr } = await runProgram([skopeo, "--insecure-policy", ...args]);
  assert.equal(code, 0, stderr);
  return JSON.parse(stdout || "{}");
}

async function pushBytes(repository: RegistryRepository, bytes: Uint8Array, mediaType: string): Promise<Descriptor> {
  const digest = digestOf(bytes);
  const open = async function* (): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < bytes.length; at += 65_536) yield bytes.subarray(at, at + 65_536);
  };
  if (!(await repository.hasBlob(digest))) await repository.putBlob({ digest, size: bytes.length, open });
  return { mediaType, digest, size: bytes.length };
}

/** Three megabytes that do not get smaller. */
function layerOf(architecture: string): Buffer {
  return gzipSync(Buffer.alloc(3_000_000, architecture), { level: 0 });
}

/** Pushes an image of one platform by digest, as a builder does. */
async function pushImage(repository: RegistryRepository, architecture: string): Promise<Descriptor> {
  const encode = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));
  const layer = await pushBytes(repository, layerOf(architecture), MediaType.ociLayerGzip);
  const rootfs = { type: "layers", diff_ids: [digestOf(gunzipSync(layerOf(architecture)))] };
  const config = await pushBytes(repository, encode({ os: "linux", architecture, rootfs }), MediaType.ociConfig);
  const bytes = encode({ schemaVersion: 2, mediaType: MediaType.ociManifest, config, layers: [layer] });
  const pushed = await repository.putManifest(digestOf(bytes), MediaType.ociManifest, bytes);
  return { ...pushed, platform: { os: "linux", architecture } };
}

test("an index over two platforms is read by skopeo as it was written, and each image in it", async () => {
  await using registry = await startRegistry();
  await using repository = await open(registry, "acme/app");

  const children = [await pushImage(repository, "amd64"), await pushImage(repository, "arm64")];
  const index = makeIndex(children, { annotations: { "org.opencontainers.image.title": "app" } });
  await repository.putManifest("1.0", MediaType.ociIndex, index.bytes);

  const image = `docker://${registry.host}/acme/app:1.0`;
  const raw = await inspect(["inspect", "--tls-verify=false", "--raw", image]);
  assert.deepEqual(raw, JSON.parse(new TextDecoder().decode(index.bytes)));
  for (const architecture of ["amd64", "arm64"]) {
    const found = await inspect(["--override-arch", architecture, "inspect", "--tls-verify=false", image]);
    assert.equal(found["Architecture"], architecture);
    assert.deepEqual(found["RepoTags"], ["1.0"]);
  }
  const read = await repository.manifest("1.0");
  assert.equal(read?.descriptor.digest, index.descriptor.digest);
  assert.deepEqual(parseIndex(read?.bytes ?? new Uint8Array()).manifests, children);
});

test("what others pushed is read back, whole and in parts", async () => {
  await using registry = await startRegistry();
  await using source = await open(registry, "acme/app");
  const child = await pushImage(source, "amd64");
  await source.putManifest(
    "one",
    MediaType.ociManifest,
    (await source.manifest(child.digest))?.bytes ?? new Uint8Array(),
  );
  const [from, to] = [`docker://${registry.host}/acme/app:one`, `docker://${registry.host}/other/copy:two`];
  await runProgram([
    skopeo,
    "--insecure-policy",
    "copy",
    "--src-tls-verify=false",
    "--dest-tls-verify=false",
    from,
    to,
  ]);

  await using copy = await open(registry, "other/copy");
  const layer = layerOf("amd64");
  const digest = digestOf(layer);
  const whole = await Array.fromAsync(copy.blob(digest, { size: layer.length }));
  const part = await Array.fromAsync(copy.blob(digest, { offset: layer.length - 3 }));

  assert.deepEqual(Buffer.concat(whole), layer);
  assert.deepEqual(Buffer.concat(part), layer.subarray(-3));
  assert.equal((await copy.manifest("two"))?.descriptor.digest, child.digest);
});

test("a blob is mounted from another repository instead of being sent", async () => {
  await using registry = await startRegistry();
  await using source = await open(registry, "acme/base");
  await using target = await open(registry, "acme/app");
  const { digest } = await pushBytes(source, Buffer.from("shared"), MediaType.ociLayer);

  assert.equal(await target.hasBlob(digest), false);
  assert.equal(await target.mount(digest, "acme/base"), true);
  assert.equal(await target.hasBlob(digest), true);
  assert.equal(await target.mount(digestOf(Buffer.from("unknown")), "acme/base"), false);
});

test("a registry with a login takes the right one and refuses others in words", async () => {
  await using registry = await startRegistry({ login });
  await using right = await open(registry, "acme/app", credentials);
  await using none = await open(registry, "acme/app");
  const guess: Credentials = {
    lookup: async () => ({ ...login, password: "guess", identityToken: "", registryToken: "" }),
  };
  await using wrong = await open(registry, "acme/app", guess);

  await right.ping();
  const { digest } = await pushBytes(right, Buffer.from("private"), MediaType.ociLayer);
  assert.equal(await right.hasBlob(digest), true);
  for (const refused of [none, wrong]) {
    await assert.rejects(refused.hasBlob(digest), (error) => isProblem(error, "registry_denied"));
    await assert.rejects(refused.ping(), (error) => {
      return isProblem(error, "registry_denied") && /authentication required|unauthorized/.test(error.message);
    });
  }
});

test("a push of other bytes than the digest says is refused by the registry, and told", async () => {
  await using registry = await startRegistry();
  await using repository = await open(registry, "acme/app");
  const open1 = async function* (): AsyncGenerator<Uint8Array> {
    yield Buffer.from("wrong");
  };

  const pushing = repository.putBlob({ digest: digestOf(Buffer.from("right")), size: 5, open: open1 });

  await assert.rejects(pushing, (error) => isProblem(error, "registry_refused") && /digest/.test(error.message));
});
