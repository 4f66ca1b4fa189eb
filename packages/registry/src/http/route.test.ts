import assert from "node:assert/strict";
import { test } from "node:test";
import { parseRoute } from "./route.ts";

const SHA256 = `sha256:${"a".repeat(64)}`;
const SHA512 = `sha512:${"b".repeat(128)}`;

test("every end point is found, also for names that hold the words of end points", () => {
  const names = [
    "a",
    "mirror/docker.io/library/busybox",
    "blobs/uploads",
    "tags/list",
    "manifests/v2/referrers",
    "a__b-c.d",
  ];

  for (const repository of names) {
    assert.deepEqual(parseRoute(`/v2/${repository}/blobs/${SHA256}`), { kind: "blob", repository, digest: SHA256 });
    assert.deepEqual(parseRoute(`/v2/${repository}/blobs/${SHA512}`), { kind: "blob", repository, digest: SHA512 });
    assert.deepEqual(parseRoute(`/v2/${repository}/blobs/uploads/`), { kind: "uploads", repository });
    assert.deepEqual(parseRoute(`/v2/${repository}/blobs/uploads`), { kind: "uploads", repository });
    assert.deepEqual(parseRoute(`/v2/${repository}/blobs/uploads/x-1`), { kind: "upload", repository, id: "x-1" });
    assert.deepEqual(parseRoute(`/v2/${repository}/tags/list`), { kind: "tags", repository });
    assert.deepEqual(parseRoute(`/v2/${repository}/referrers/${SHA256}`), {
      kind: "referrers",
      repository,
      digest: SHA256,
    });
    const reference = { kind: "tag", tag: "v1.2_x" };
    assert.deepEqual(parseRoute(`/v2/${repository}/manifests/v1.2_x`), { kind: "manifest", repository, reference });
  }
  assert.deepEqual(parseRoute("/v2"), { kind: "base" });
  assert.deepEqual(parseRoute("/v2/"), { kind: "base" });
});

test("a colon may be encoded, and nothing else that matters", () => {
  const encoded = SHA256.replace(":", "%3A");

  assert.deepEqual(parseRoute(`/v2/a/blobs/${encoded}`), { kind: "blob", repository: "a", digest: SHA256 });
  for (const path of [
    "/v2/a%2Fb/tags/list",
    "/v2/a%252Fb/tags/list",
    "/v2/a%5Cb/tags/list",
    "/v2/a%00/tags/list",
    "/v2/%ff/tags/list",
  ])
    assert.throws(() => parseRoute(path), { code: "path_unknown" });
});

test("no name reaches out of its place", () => {
  const names = [
    "..",
    "a/..",
    "../a",
    "a/../b",
    "%2e%2e",
    "a/%2e%2e/b",
    ".",
    "a//b",
    "/a",
    "a/",
    "-a",
    "a-",
    "A",
    "a b",
    "ä",
    "a___b",
    "a..b",
  ];

  for (const name of names) assert.throws(() => parseRoute(`/v2/${name}/tags/list`), { code: "name_invalid" }, name);
  assert.throws(() => parseRoute(`/v2/${"a".repeat(256)}/tags/list`), { code: "name_invalid" });
});

test("ids of uploads, tags and digests are checked", () => {
  for (const id of ["..", "%2e%2e", "a.b", "a%20b", "x".repeat(129)])
    assert.throws(() => parseRoute(`/v2/a/blobs/uploads/${id}`), { code: "path_unknown" }, id);
  for (const tag of ["..", ".a", "-a", "a b", "x".repeat(129), "%2e%2e"])
    assert.throws(() => parseRoute(`/v2/a/manifests/${tag}`), { code: "tag_invalid" }, tag);
  for (const digest of [
    "sha256:abc",
    `sha256:${"A".repeat(64)}`,
    `md5:${"a".repeat(32)}`,
    `sha384:${"a".repeat(96)}`,
    "../x",
  ])
    assert.throws(() => parseRoute(`/v2/a/blobs/${digest}`), /digest|path/, digest);
});

test("other paths are none of the API", () => {
  for (const path of [
    "/",
    "/v1/",
    "/v2/x",
    "/v2/_catalog",
    "/v2/a/tags",
    "/v2/a/tags/list/x",
    "/v2/a/b/c",
    "/v22/a/tags/list",
  ])
    assert.throws(() => parseRoute(path), { code: /path_unknown|name_invalid/ }, path);
});
