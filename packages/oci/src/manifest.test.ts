import assert from "node:assert/strict";
import { test } from "node:test";
import { isProblem } from "@opendepot/base";
import type { Descriptor } from "./descriptor.ts";
import { type Digest, digestOf } from "./digest.ts";
import { MAX_MANIFEST_BYTES, makeIndex, parseIndex, parseManifest } from "./manifest.ts";
import { MediaType } from "./media-types.ts";

const bytesOf = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));
const digest = digestOf(bytesOf("content"));
const config = { mediaType: MediaType.ociConfig, digest, size: 7 };
const layer = { mediaType: MediaType.ociLayerGzip, digest, size: 9 };

function child(text: string, architecture: string): Descriptor {
  return {
    mediaType: MediaType.ociManifest,
    digest: digestOf(bytesOf(text)),
    size: 3,
    platform: { os: "linux", architecture },
  };
}

function assertInvalid(read: () => unknown, why: RegExp): void {
  assert.throws(read, (error) => isProblem(error, "manifest_invalid") && why.test(error.message));
}

test("a manifest gives its configuration and layers, whatever else it holds", () => {
  const bytes = bytesOf({ schemaVersion: 2, config, layers: [layer], annotations: { a: "b" }, more: true });

  const manifest = parseManifest(bytes, MediaType.ociManifest);

  assert.deepEqual(manifest, {
    schemaVersion: 2,
    mediaType: MediaType.ociManifest,
    config,
    layers: [layer],
    annotations: { a: "b" },
  });
});

test("an index that is written can be read again", () => {
  const children = [
    { ...child("one", "amd64"), annotations: { b: "2", a: "1" } },
    { ...child("two", "arm"), platform: { os: "linux", architecture: "arm", variant: "v7", osVersion: "1" } },
  ];

  const { bytes, descriptor } = makeIndex(children, { annotations: { z: "1", y: "2" } });
  const index = parseIndex(bytes);

  assert.deepEqual(index.manifests, children);
  assert.deepEqual(index.annotations, { y: "2", z: "1" });
  assert.deepEqual(descriptor, { mediaType: MediaType.ociIndex, digest: digestOf(bytes), size: bytes.length });
});

test("an index is laid out as Go's tools do it, so that equal images have equal digests", () => {
  const { bytes } = makeIndex([{ ...child("one", "amd64"), annotations: { b: "2", a: "1" } }]);

  assert.equal(
    new TextDecoder().decode(bytes),
    `{
  "schemaVersion": 2,
  "mediaType": "application/vnd.oci.image.index.v1+json",
  "manifests": [
    {
      "mediaType": "application/vnd.oci.image.manifest.v1+json",
      "digest": "${digestOf(bytesOf("one"))}",
      "size": 3,
      "annotations": {
        "a": "1",
        "b": "2"
      },
      "platform": {
        "architecture": "amd64",
        "os": "linux"
      }
    }
  ]
}`,
  );
});

test("a child that is named twice is listed once", () => {
  const index = parseIndex(makeIndex([child("one", "amd64"), child("one", "amd64")]).bytes);

  assert.equal(index.manifests.length, 1);
});

test("what is no manifest is refused with the reason", () => {
  assertInvalid(() => parseManifest(new TextEncoder().encode("<html>")), /not JSON/);
  assertInvalid(() => parseManifest(bytesOf([])), /no JSON object/);
  assertInvalid(() => parseManifest(bytesOf({ schemaVersion: 1 })), /schemaVersion is 1/);
  assertInvalid(() => parseManifest(bytesOf({ schemaVersion: 2, config: 3 })), /config is no descriptor/);
  assertInvalid(() => parseManifest(bytesOf({ schemaVersion: 2, config, layers: "x" })), /layers are no list/);
  const badDigest = { ...layer, digest: "sha256:ABC" as Digest };
  assertInvalid(
    () => parseManifest(bytesOf({ schemaVersion: 2, config, layers: [badDigest] })),
    /layer 0 has no digest/,
  );
  assertInvalid(
    () => parseManifest(bytesOf({ schemaVersion: 2, config, layers: [{ ...layer, size: -1 }] })),
    /no size/,
  );
  assertInvalid(() => parseIndex(bytesOf({ schemaVersion: 2, manifests: [{ ...layer, platform: {} }] })), /platform/);
  assertInvalid(() => parseIndex(bytesOf({ schemaVersion: 2, annotations: { a: 1 } })), /"a" is no text/);
});

test("a manifest that could be read in two ways is refused", () => {
  const both = { schemaVersion: 2, config, layers: [layer], manifests: [] };

  assertInvalid(() => parseManifest(bytesOf(both)), /at once/);
  assertInvalid(() => parseIndex(bytesOf(both)), /at once/);
  const named = { schemaVersion: 2, mediaType: MediaType.ociIndex, manifests: [] };
  assertInvalid(() => parseIndex(bytesOf(named), MediaType.dockerIndex), /calls itself/);
  assertInvalid(() => parseManifest(bytesOf(named)), /no image manifest/);
});

test("manifests that are too large are refused before they are understood", () => {
  assertInvalid(() => parseManifest(new Uint8Array(MAX_MANIFEST_BYTES + 1)), /more than/);
  const many = Array.from({ length: 10_001 }, () => layer);
  assertInvalid(() => parseManifest(bytesOf({ schemaVersion: 2, config, layers: many })), /more than 10000 layers/);
});
