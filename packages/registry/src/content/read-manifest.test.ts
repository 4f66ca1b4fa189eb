import assert from "node:assert/strict";
import { test } from "node:test";
import { MediaType } from "@opendepot/oci";
import { readManifest } from "./read-manifest.ts";

const blob = (digit: string, more: object = {}) => ({
  mediaType: MediaType.ociLayerGzip,
  digest: `sha256:${digit.repeat(64)}`,
  size: 7,
  ...more,
});
const config = { ...blob("c"), mediaType: MediaType.ociConfig };
const image = { schemaVersion: 2, mediaType: MediaType.ociManifest, config, layers: [blob("1")] };
const read = (value: unknown, type?: string) => readManifest(Buffer.from(JSON.stringify(value)), type);

test("an image refers to its config and layers, an index to its manifests", () => {
  const index = { schemaVersion: 2, mediaType: MediaType.dockerIndex, manifests: [blob("2")] };

  assert.deepEqual(
    read(image).blobs.map(({ digest }) => digest.at(-1)),
    ["c", "1"],
  );
  assert.deepEqual(
    read(index, MediaType.dockerIndex).children.map(({ digest }) => digest.at(-1)),
    ["2"],
  );
});

test("any type of manifest is taken, and what it refers to is found", () => {
  const type = "application/vnd.oci.artifact.manifest.v1+json";

  const artifact = read({ mediaType: type, blobs: [blob("3")], subject: blob("4") }, type);

  assert.equal(artifact.mediaType, type);
  assert.deepEqual(artifact.blobs.length, 1);
  assert.equal(artifact.subject, blob("4").digest);
  assert.equal(read({ some: "thing" }, "application/vnd.example+json").blobs.length, 0);
});

test("layers that are to be had elsewhere need not be here", () => {
  const foreign = { ...blob("5"), urls: ["https://example.org/5"] };
  const old = blob("6", { mediaType: "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip" });

  assert.equal(read({ ...image, layers: [foreign, old] }).blobs.length, 1);
});

test("the artifact type is its own, or else that of the config", () => {
  assert.equal(read(image).artifactType, MediaType.ociConfig);
  assert.equal(read({ ...image, artifactType: "application/x" }).artifactType, "application/x");
  assert.equal(read({ schemaVersion: 2, mediaType: MediaType.ociIndex, manifests: [] }).artifactType, undefined);
});

test("parameters of a content type say nothing, and a missing one is made up for by the manifest", () => {
  assert.equal(read(image, `${MediaType.ociManifest}; charset=utf-8`).mediaType, MediaType.ociManifest);
  assert.equal(read(image).mediaType, MediaType.ociManifest);
  const { mediaType: _, ...untyped } = image;
  assert.equal(read(untyped, MediaType.dockerManifest).mediaType, MediaType.dockerManifest);
});

test("what could be read in two ways is refused", () => {
  const refused: ReadonlyArray<readonly [unknown, string?]> = [
    [{ ...image, manifests: [] }],
    [image, MediaType.ociIndex],
    [{ ...image, Layers: [blob("9")] }],
    [{ ...image, mediaType: MediaType.ociIndex }],
    [{ schemaVersion: 2, mediaType: MediaType.ociIndex, manifests: [], layers: [] }],
    [{ schemaVersion: 2, manifests: [] }, MediaType.ociManifest],
    [{ ...image, mediaType: 7 }],
    [{ schemaVersion: 2, config, layers: [] }],
    [{ ...image, mediaType: undefined }, "text/html"],
    [{ ...image, mediaType: "application/x\r\nset-cookie: a=b" }],
    [{ schemaVersion: 1, name: "a", fsLayers: [] }, "application/vnd.docker.distribution.manifest.v1+json"],
  ];

  for (const [value, type] of refused)
    assert.throws(() => read(value, type), { code: "manifest_invalid" }, JSON.stringify(value));
});

test("what makes no sense is refused", () => {
  const refused = [
    [],
    "text",
    null,
    { ...image, config: null },
    { ...image, layers: {} },
    { ...image, layers: [{ ...blob("1"), size: -1 }] },
    { ...image, layers: [{ ...blob("1"), size: 1.5 }] },
    { ...image, layers: [{ ...blob("1"), digest: undefined }] },
    { ...image, annotations: { a: 1 } },
    { ...image, annotations: [] },
    { ...image, artifactType: "application/x\0" },
    { ...image, artifactType: "x".repeat(300) },
    { ...image, config: { ...config, mediaType: "a\nb" } },
    { ...image, layers: Array.from({ length: 10_001 }, () => blob("1")) },
  ];

  for (const value of refused)
    assert.throws(
      () => read(value, MediaType.ociManifest),
      { code: "manifest_invalid" },
      JSON.stringify(value).slice(0, 100),
    );
  assert.throws(() => readManifest(Buffer.from("{"), MediaType.ociManifest), { code: "manifest_invalid" });
  assert.throws(() => readManifest(Buffer.from([0x22, 0xff, 0x22]), MediaType.ociManifest), {
    code: "manifest_invalid",
  });
  const odd = { ...image, layers: [{ ...blob("1"), digest: "sha256:x" }] };
  assert.throws(() => read(odd), { code: "digest_invalid" });
});
