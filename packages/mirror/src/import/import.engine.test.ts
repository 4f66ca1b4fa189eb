import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import { startTestMirror, type TestMirror } from "../testing/index.ts";

const run = promisify(execFile);
const OCI = "application/vnd.oci.image.manifest.v1+json";
const INDEX = "application/vnd.oci.image.index.v1+json";
/** Nobody answers there, as where there is no Internet. */
const NAME = "registry.invalid/acme/base:1";

type Files = Record<string, string | Buffer>;

const digestOf = (bytes: string | Buffer): string => `sha256:${createHash("sha256").update(bytes).digest("hex")}`;

interface Image {
  readonly files: Files;
  readonly layer: Buffer;
  readonly digest: string;
}

/** An OCI layout of one image below an index, which lists another one that is not there. */
function layout(annotations: Record<string, string> = {}): Image {
  const layer = randomBytes(5000);
  const config = JSON.stringify({ architecture: "amd64", os: "linux" });
  const manifest = JSON.stringify({
    ...{ schemaVersion: 2, mediaType: OCI, config: { digest: digestOf(config), size: config.length } },
    layers: [{ mediaType: "application/vnd.oci.image.layer.v1.tar", digest: digestOf(layer), size: layer.length }],
  });
  const missing = { mediaType: OCI, digest: digestOf("not saved"), size: 9 };
  const children = [{ mediaType: OCI, digest: digestOf(manifest), size: manifest.length }, missing];
  const index = JSON.stringify({ schemaVersion: 2, mediaType: INDEX, manifests: children });
  const root = { mediaType: INDEX, digest: digestOf(index), size: index.length, annotations };
  const files: Files = {
    "oci-layout": '{"imageLayoutVersion":"1.0.0"}',
    "index.json": JSON.stringify({ schemaVersion: 2, manifests: [root] }),
  };
  for (const blob of [layer, config, manifest, index]) files[`blobs/${digestOf(blob).replace(":", "/")}`] = blob;
  return { files, layer, digest: digestOf(index) };
}

async function withFolder(
  work: (folder: string, write: (files: Files) => Promise<string>) => Promise<void>,
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "od-import-"));
  let count = 0;
  const write = async (files: Files): Promise<string> => {
    const at = join(folder, String(++count));
    for (const [name, content] of Object.entries(files)) {
      await mkdir(dirname(join(at, name)), { recursive: true });
      await writeFile(join(at, name), content);
    }
    return at;
  };
  try {
    await work(folder, write);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function startOffline(maxBytes?: number): Promise<TestMirror> {
  const mirror = await startTestMirror({ maxBytes });
  await mirror.add("registry.invalid");
  return mirror;
}

async function pull(mirror: TestMirror, path: string): Promise<Buffer> {
  const response = await fetch(`${mirror.url("registry.invalid")}/acme/base/${path}`);
  assert.equal(response.status, 200, await response.clone().text());
  return Buffer.from(await response.arrayBuffer());
}

test("a layout is imported as a folder, as a tar and as a compressed tar, and served without its registry", async () => {
  await withFolder(async (folder, write) => {
    for (const form of ["folder", "tar", "tar.gz"]) {
      await using mirror = await startOffline();
      const image = layout();
      const at = await write(image.files);
      const path = form === "folder" ? at : join(folder, `image.${form}`);
      if (form !== "folder") await run("tar", ["-C", at, form === "tar" ? "-cf" : "-czf", path, "."]);

      const imported = await mirror.mirror.import({ path, name: NAME });

      assert.deepEqual(imported.images, [{ name: NAME, digest: image.digest, parts: 4 }], form);
      assert.equal(digestOf(await pull(mirror, "manifests/1")), image.digest);
      assert.deepEqual(await pull(mirror, `blobs/${digestOf(image.layer)}`), image.layer);
      assert.deepEqual(await readdir(join(mirror.folder, "partial")), []);
    }
  });
});

for (const format of ["gnu", "pax", "ustar"]) {
  test(`an old archive of docker save gets a manifest, with its links and long names (${format})`, async () => {
    await withFolder(async (folder, write) => {
      await using mirror = await startOffline();
      const layers = [randomBytes(3000), gzipSync(randomBytes(3000))];
      const config = JSON.stringify({ architecture: "amd64", os: "linux" });
      const long = format === "ustar" ? "b".repeat(64) : "b".repeat(150);
      const at = await write({
        [`${"a".repeat(64)}/layer.tar`]: layers[0] ?? "",
        [`${long}/layer.tar`]: layers[1] ?? "",
        "config.json": config,
        "manifest.json": JSON.stringify([
          {
            Config: "config.json",
            RepoTags: ["registry.invalid/acme/base:1", "registry.invalid/acme/base:also"],
            Layers: [`${"a".repeat(64)}/layer.tar`, `${long}/layer.tar`, "linked/layer.tar"],
          },
        ]),
      });
      await mkdir(join(at, "linked"));
      await symlink(`../${"a".repeat(64)}/layer.tar`, join(at, "linked/layer.tar"));
      const path = join(folder, "old.tar");
      await run("tar", ["-C", at, `--format=${format}`, "-cf", path, ...(await readdir(at))]);

      const { images } = await mirror.mirror.import({ path });

      assert.deepEqual(
        images.map(({ name }) => name),
        [NAME, "registry.invalid/acme/base:also"],
      );
      const manifest = JSON.parse((await pull(mirror, "manifests/also")).toString());
      assert.deepEqual(
        manifest.layers.map(({ digest, mediaType }: { digest: string; mediaType: string }) => [
          digest,
          mediaType.endsWith("+gzip"),
        ]),
        [
          [digestOf(layers[0] ?? ""), false],
          [digestOf(layers[1] ?? ""), true],
          [digestOf(layers[0] ?? ""), false],
        ],
      );
      for (const layer of layers) assert.deepEqual(await pull(mirror, `blobs/${digestOf(layer)}`), layer);
    });
  });
}

test("an image has the name that its archive gives it, or needs one", async () => {
  await withFolder(async (_, write) => {
    await using mirror = await startOffline();
    const named = await write(layout({ "io.containerd.image.name": NAME }).files);
    const unnamed = await write(layout({ "org.opencontainers.image.ref.name": "1" }).files);

    assert.equal((await mirror.mirror.import({ path: named })).images[0]?.name, NAME);
    await assert.rejects(mirror.mirror.import({ path: unnamed }), { code: "archive_invalid", message: /--name/ });
    await assert.rejects(mirror.mirror.import({ path: named, name: "elsewhere.example/x" }), {
      code: "upstream_unknown",
    });
  });
});

test("what was imported stays, however much comes after it, until it is forgotten", async () => {
  await withFolder(async (_, write) => {
    await using mirror = await startOffline(12_000);
    const first = layout();
    await mirror.mirror.import({ path: await write(first.files), name: NAME });
    await mirror.mirror.import({ path: await write(layout().files), name: "registry.invalid/acme/other:1" });
    assert.deepEqual(await pull(mirror, `blobs/${digestOf(first.layer)}`), first.layer);

    assert.equal(await mirror.mirror.forget(NAME), true);
    await mirror.mirror.import({ path: await write(layout().files), name: "registry.invalid/acme/third:1" });

    const gone = await fetch(`${mirror.url("registry.invalid")}/acme/base/blobs/${digestOf(first.layer)}`);
    assert.equal(gone.status, 401);
    assert.equal(await mirror.mirror.forget(NAME), false);
  });
});

test("archives that are broken, lie, or lead elsewhere are refused, and nothing of them is kept", async () => {
  await withFolder(async (folder, write) => {
    await using mirror = await startOffline();
    const lying = layout();
    const blob = `blobs/${digestOf(lying.layer).replace(":", "/")}`;
    const escaping = layout();
    const away = `blobs/${digestOf(escaping.layer).replace(":", "/")}`;
    delete escaping.files[away];
    const escapes = await write(escaping.files);
    const secret = join(folder, "secret");
    await writeFile(secret, escaping.layer);
    await symlink(secret, join(escapes, away));
    const cut = join(folder, "cut.tar");
    await run("tar", ["-C", await write(layout().files), "-cf", cut, "."]);
    await run("truncate", ["-s", "4000", cut]);
    const paths = {
      lying: await write({ ...lying.files, [blob]: randomBytes(5000) }),
      escapes,
      cut,
      empty: await write({ other: "x" }),
      text: join(await write({ text: "no archive ".repeat(100) }), "text"),
      gzip: join(await write({ "x.gz": Buffer.concat([Buffer.from([0x1f, 0x8b]), randomBytes(100)]) }), "x.gz"),
      missing: join(folder, "nowhere"),
    };

    for (const [what, path] of Object.entries(paths)) {
      await assert.rejects(mirror.mirror.import({ path, name: NAME }), { code: "archive_invalid" }, what);
    }
    assert.deepEqual(await mirror.mirror.imported(), []);
    const kept = await fetch(`${mirror.url("registry.invalid")}/acme/base/manifests/1`);
    assert.equal(kept.status, 401);
  });
});

test("a bomb is unpacked up to the size of the mirror and no further", async () => {
  await withFolder(async (folder) => {
    await using mirror = await startOffline(1_000_000);
    const path = join(folder, "bomb.tar.gz");
    await writeFile(path, gzipSync(Buffer.alloc(50_000_000)));

    await assert.rejects(mirror.mirror.import({ path, name: NAME }), { code: "content_too_large" });

    assert.deepEqual(await readdir(join(mirror.folder, "partial")), []);
  });
});
