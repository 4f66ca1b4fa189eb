import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempDisposableSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { findManifest, putManifest, readLayoutIndex } from "./layout-index.ts";
import { openLayoutOutput } from "./layout-output.ts";
import { prepareLocalCaches } from "./local-caches.ts";
import { openOciLayout, readOciLayoutReference } from "./oci-layout-context.ts";

const [A, B] = ["a", "b"].map((digit) => `sha256:${digit.repeat(64)}`) as [string, string];
const TAG = "org.opencontainers.image.ref.name";
const NAME = "io.containerd.image.name";

function scratch(): Disposable & { readonly path: string } {
  const folder = mkdtempDisposableSync(join(tmpdir(), "layout-"));
  return { path: folder.path, [Symbol.dispose]: () => folder.remove() };
}

test("references to layouts are read as docker buildx reads them", () => {
  const cases: ReadonlyArray<readonly [string, unknown]> = [
    ["dir", undefined],
    ["oci-layout://dir", { folder: "dir", tag: "latest", digest: undefined }],
    ["oci-layout:///a/b:v1.2", { folder: "/a/b", tag: "v1.2", digest: undefined }],
    [`oci-layout://./a@${A}`, { folder: "./a", tag: undefined, digest: A }],
    [`oci-layout://./a:t@${A}`, { folder: "./a", tag: "t", digest: A }],
    ["oci-layout://a@b", { folder: "a@b", tag: "latest", digest: undefined }],
    ["oci-layout://a:b/c", { folder: "a:b/c", tag: "latest", digest: undefined }],
    ["oci-layout://C:\\dir", { folder: "C:\\dir", tag: "latest", digest: undefined }],
    ["oci-layout://C:/dir:v1", { folder: "C:/dir", tag: "v1", digest: undefined }],
  ];
  for (const [text, expected] of cases) assert.deepEqual(readOciLayoutReference(text), expected, text);
});

test("a manifest replaces the one of the same name, and everything else in the index stays", async () => {
  using folder = scratch();
  const index = {
    schemaVersion: 2,
    manifests: [
      { mediaType: "m", digest: A, size: 1, annotations: { [TAG]: "latest" }, platform: { os: "linux" } },
      { mediaType: "m", digest: A, size: 1, annotations: { [NAME]: "host/app:latest", [TAG]: "latest" } },
    ],
    annotations: { keep: "me" },
  };
  writeFileSync(join(folder.path, "index.json"), JSON.stringify(index));
  await putManifest(folder.path, { mediaType: "m", digest: B, size: 2 }, [{ kind: "tag", tag: "latest" }]);
  const written = JSON.parse(readFileSync(join(folder.path, "index.json"), "utf8"));
  assert.deepEqual(written.annotations, { keep: "me" });
  assert.deepEqual(written.manifests, [
    index.manifests[1],
    { mediaType: "m", digest: B, size: 2, annotations: { [TAG]: "latest" } },
  ]);
  assert.equal(readFileSync(join(folder.path, "oci-layout"), "utf8"), '{"imageLayoutVersion":"1.0.0"}');
  assert.deepEqual(readdirSync(folder.path).sort(), ["index.json", "oci-layout"]);
});

test("a full image name is found by itself before a tag is", async () => {
  using folder = scratch();
  await putManifest(folder.path, { digest: A }, [{ kind: "tag", tag: "host/app:v1" }]);
  await putManifest(folder.path, { digest: B }, [{ kind: "image", name: "host/app:v1" }]);
  const manifests = (await readLayoutIndex(folder.path)) ?? [];
  assert.equal(findManifest(manifests, "host/app:v1")?.digest, B);
  assert.equal(findManifest(manifests, "v1")?.digest, B);
  assert.equal(findManifest(manifests, "v2"), undefined);
});

test("many entries at once are all there in the end", async () => {
  using folder = scratch();
  const tags = Array.from({ length: 30 }, (_, index) => `t${index}`);
  await Promise.all(tags.map((tag) => putManifest(folder.path, { digest: A }, [{ kind: "tag", tag }])));
  const manifests = (await readLayoutIndex(folder.path)) ?? [];
  assert.deepEqual(manifests.map(({ annotations }) => annotations?.[TAG]).sort(), tags.sort());
});

test("an index that is none is told, and kept as it is", async () => {
  for (const text of ["{", "[]", '{"manifests":1}', '{"manifests":[{"digest":1}]}', '{"manifests":[null]}']) {
    using folder = scratch();
    writeFileSync(join(folder.path, "index.json"), text);
    await assert.rejects(readLayoutIndex(folder.path), { code: "layout_invalid" });
    await assert.rejects(putManifest(folder.path, { digest: A }, []), { code: "layout_invalid" });
    assert.equal(readFileSync(join(folder.path, "index.json"), "utf8"), text);
  }
});

test("a layout without the tag but with one manifest is that one; without or with several it is an error", async () => {
  using folder = scratch();
  const reference = { folder: folder.path, tag: "latest", digest: undefined };
  await assert.rejects(openOciLayout(reference), { code: "layout_invalid" });
  await putManifest(folder.path, { digest: A }, [{ kind: "tag", tag: "v1" }]);
  const context = await openOciLayout(reference);
  assert.equal(context.attribute, `oci-layout://${context.storeId.slice("oci:".length)}:latest@${A}`);
  await putManifest(folder.path, { digest: B }, [{ kind: "tag", tag: "v2" }]);
  await assert.rejects(openOciLayout(reference), { code: "layout_invalid" });
  assert.match((await openOciLayout({ ...reference, tag: "v2" })).attribute, new RegExp(`:v2@${B}$`));
});

test("a local cache is imported by tag or digest, and left out with the reason when it is not there", async () => {
  using folder = scratch();
  const src = folder.path;
  const tryImport = async (attrs: Readonly<Record<string, string>>) =>
    await prepareLocalCaches({ cacheImports: [{ type: "local", attrs: { src, ...attrs } }, { type: "inline" }] });

  assert.match((await tryImport({})).skipped[0]?.reason ?? "", /no digest found for tag latest/);
  await putManifest(src, { digest: A }, [{ kind: "tag", tag: "latest" }]);
  const missing = await tryImport({});
  assert.match(missing.skipped[0]?.reason ?? "", /unavailable/);
  assert.deepEqual(missing.cacheImports, [{ type: "inline" }]);
  mkdirSync(join(src, "blobs/sha256"), { recursive: true });
  writeFileSync(join(src, "blobs", A.replace(":", "/")), "");
  const found = await tryImport({ tag: "latest" });
  assert.equal(found.cacheImports[0]?.attrs?.["digest"], A);
  assert.equal(found.stores[`local:${src}`]?.isWritable, false);
  assert.equal((await tryImport({ digest: "sha256:../x" })).skipped.length, 1);
  await assert.rejects(tryImport({ src: "" }), { code: "cache_attribute_missing" });
});

test("a cache that is exported to the folder it is imported from can be written there", async () => {
  using folder = scratch();
  const dest = folder.path;
  const caches = await prepareLocalCaches({
    cacheExports: [{ type: "local", attrs: { dest, tag: "main" } }],
    cacheImports: [{ type: "local", attrs: { src: dest } }],
  });
  assert.equal(caches.stores[`local:${dest}`]?.isWritable, true);
  await caches.finish({});
  assert.ok(!existsSync(join(dest, "index.json")));
  await caches.finish({ "cache.manifest": JSON.stringify({ mediaType: "m", digest: A, size: 3 }) });
  assert.equal(findManifest((await readLayoutIndex(dest)) ?? [], "main")?.digest, A);
  await assert.rejects(prepareLocalCaches({ cacheExports: [{ type: "local" }] }), { code: "cache_attribute_missing" });
});

test("a cache folder that is reset keeps what its caches use, and nothing else", async () => {
  using folder = scratch();
  const dest = folder.path;
  const put = (content: object | string): string => {
    const text = typeof content === "string" ? content : JSON.stringify(content);
    const digest = `sha256:${createHash("sha256").update(text).digest("hex")}`;
    mkdirSync(join(dest, "blobs/sha256"), { recursive: true });
    writeFileSync(join(dest, "blobs", digest.replace(":", "/")), text);
    return digest;
  };
  const blobs = (): string[] => readdirSync(join(dest, "blobs/sha256")).map((hex) => `sha256:${hex}`);
  const [layer, config, unused] = ["layer", "config", "unused"].map(put) as [string, string, string];
  const manifest = put({ config: { digest: config }, layers: [{ digest: layer }, { digest: "no digest" }, null] });
  const mediaType = "application/vnd.oci.image.manifest.v1+json";
  const { finish } = await prepareLocalCaches({ cacheExports: [{ type: "local", attrs: { dest, reset: "true" } }] });
  await finish({ "cache.manifest": JSON.stringify({ mediaType, digest: manifest }) });
  assert.deepEqual(blobs().sort(), [layer, config, manifest].sort());
  assert.ok(!blobs().includes(unused));

  await assert.rejects(finish({ "cache.manifest": JSON.stringify({ mediaType, digest: A }) }), /not found/);
  assert.equal(blobs().length, 3);
});

test("an image without a name is the layout's latest", async () => {
  using folder = scratch();
  const output = openLayoutOutput(folder.path);
  const descriptor = Buffer.from(JSON.stringify({ mediaType: "m", digest: B, size: 1 })).toString("base64");
  await output.finish({ "containerimage.descriptor": descriptor });
  assert.equal(findManifest((await readLayoutIndex(folder.path)) ?? [], "latest")?.digest, B);
});
