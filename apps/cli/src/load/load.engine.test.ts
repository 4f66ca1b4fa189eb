import assert from "node:assert/strict";
import { copyFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { isProblem } from "@opendepot/base";
import type { EngineKind } from "@opendepot/builder";
import { type BuildkitClient, createFileSync, openBuildkit, solve } from "@opendepot/buildkit";
import { openDocker, parseDockerHost } from "@opendepot/docker";
import { type Descriptor, MediaType, parseNormalizedReference } from "@opendepot/oci";
import { startDockerd, startTestEngine, type TestDockerd, testBaseImage, testEngineKinds } from "@opendepot/testing";
import type { ContentSource } from "./content-source.ts";
import { builderContent, loadImage } from "./index.ts";

const STORES = ["containerd", "graphdriver"] as const;
const BIG = 30 * 1024 ** 2;

await using cleanup = new AsyncDisposableStack();
const owned = cleanup.move();
after(() => owned.disposeAsync());
const engines = new Map<EngineKind, BuildkitClient>();
for (const kind of await testEngineKinds()) {
  const engine = owned.use(await startTestEngine({ kind }));
  engines.set(kind, owned.use(await openBuildkit(engine.endpoint)));
}
const first = engines.values().next().value ?? assert.fail("no engine");

/** A build context with a busybox, a big file of noise, and a small one. */
const folder = await mkdtemp(join(tmpdir(), "od-load-"));
owned.defer(() => rm(folder, { recursive: true, force: true }));
await copyFile(join(await testBaseImage(), "busybox"), join(folder, "busybox"));
await writeFile(join(folder, "big.bin"), noise(BIG));

function noise(size: number): Buffer {
  let state = 7;
  const bytes = Buffer.alloc(size);
  for (let at = 0; at < size; at += 4) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    bytes.writeUInt32LE(state, at);
  }
  return bytes;
}

const DOCKERFILE = `FROM scratch
COPY busybox /bin/busybox
COPY big.bin /
COPY word /
CMD ["/bin/busybox", "cat", "/word"]
`;

interface BuildOptions {
  /** Default: the first engine. */
  readonly on?: BuildkitClient | undefined;
  readonly frontendAttrs?: Readonly<Record<string, string>> | undefined;
}

async function build(word: string, { on = first, frontendAttrs }: BuildOptions = {}): Promise<Descriptor> {
  await writeFile(join(folder, "Dockerfile"), DOCKERFILE);
  await writeFile(join(folder, "word"), word);
  const { exporterResponse } = await solve(on, {
    frontend: "dockerfile.v0",
    frontendAttrs,
    exporters: [{ type: "image", attrs: { name: "load.test/app", compression: "uncompressed" } }],
    services: [createFileSync({ context: { path: folder }, dockerfile: { path: folder } })],
  });
  return JSON.parse(Buffer.from(exporterResponse["containerimage.descriptor"] ?? "", "base64").toString());
}

/** Counts what crosses the wire. */
class CountedContent implements ContentSource {
  readonly #content: ContentSource;
  bytes = 0;
  /** Called with each piece. */
  onPiece: () => Promise<void> = async () => undefined;

  constructor(of: BuildkitClient) {
    this.#content = builderContent(of);
  }

  info(digest: string, signal: AbortSignal): Promise<{ readonly size: number } | undefined> {
    return this.#content.info(digest, signal);
  }

  async *read(digest: string, offset: number, size: number, signal: AbortSignal): AsyncGenerator<Uint8Array> {
    for await (const piece of this.#content.read(digest, offset, size, signal)) {
      await this.onPiece();
      this.bytes += piece.length;
      yield piece;
    }
  }
}

/** Changes a byte of every large blob. */
class LyingContent extends CountedContent {
  readonly #from: number;

  constructor(of: BuildkitClient, from: number) {
    super(of);
    this.#from = from;
  }

  override async *read(digest: string, offset: number, size: number, signal: AbortSignal): AsyncGenerator<Uint8Array> {
    for await (const piece of super.read(digest, offset, size, signal)) {
      yield size < this.#from ? piece : Buffer.from(piece).fill(0, 0, 1);
    }
  }
}

/** For loads that are to be pulled. */
function onWhole(reason: string): void {
  assert.fail(`the whole image was sent, since ${reason}`);
}

async function namesIn(docker: TestDockerd): Promise<string[]> {
  const { stdout, stderr } = await docker.docker([
    "images",
    "--all",
    "--digests",
    "--format",
    "{{.Repository}}:{{.Tag}}",
  ]);
  assert.equal(stderr, "");
  return stdout.trim().split("\n").filter(Boolean).sort();
}

function names(...texts: [string, ...string[]]): Parameters<typeof loadImage>[0]["names"] {
  const [first, ...others] = texts.map(parseNormalizedReference);
  assert.ok(first);
  return [first, ...others];
}

for (const store of STORES) {
  for (const [kind, on] of engines) {
    test(`two images from ${kind} into ${store}: only what Docker lacks crosses the wire, and it runs`, async (t) => {
      await using dockerd = await startDockerd({ store });
      await using docker = openDocker({ address: parseDockerHost(dockerd.host), environment: {} });
      const load = async (word: string, ...tags: [string, ...string[]]): Promise<number> => {
        const content = new CountedContent(on);
        const descriptor = await build(word, { on });
        await loadImage({
          docker,
          content,
          descriptor,
          names: names(...tags),
          signal: t.signal,
          onWhole,
        });
        return content.bytes;
      };

      const first = await load("one", "app:1", "registry.example/app:one");
      const again = await load("one", "app:1");
      const changed = await load("two", "app:2");

      t.diagnostic(`${store}: first ${first}, again ${again}, changed ${changed} bytes`);
      assert.ok(first > BIG && first < BIG * 1.2, `${first} bytes`);
      assert.ok(again < 4_096, `${again} bytes`);
      assert.ok(changed < 8_192, `${changed} bytes`);
      assert.deepEqual(await namesIn(dockerd), ["app:1", "app:2", "registry.example/app:one"]);
      const ran = await dockerd.docker(["run", "--rm", "--network", "none", "app:2"]);
      assert.equal(ran.stdout, "two", ran.stderr);
    });
  }

  test(`an image for another platform, with provenance around it, goes into ${store}`, async (t) => {
    await using dockerd = await startDockerd({ store });
    await using docker = openDocker({ address: parseDockerHost(dockerd.host), environment: {} });
    const frontendAttrs = { platform: "linux/s390x", "attest:provenance": "mode=min" };
    const descriptor = await build("other", { frontendAttrs });
    assert.equal(descriptor.mediaType, MediaType.ociIndex);
    const platform = { os: "linux", architecture: "s390x" };

    const content = new CountedContent(first);
    await loadImage({ docker, content, descriptor, platform, names: names("app:s390x"), signal: t.signal, onWhole });

    assert.equal((await docker.inspect("app:s390x"))?.architecture, "s390x");
    assert.deepEqual(await namesIn(dockerd), ["app:s390x"]);
  });

  test(`a ${store} Docker that cannot reach this process gets the whole image, and it runs`, async (t) => {
    await using dockerd = await startDockerd({ store, isApart: true });
    await using docker = openDocker({ address: parseDockerHost(dockerd.host), environment: {} });
    const frontendAttrs = { "attest:provenance": "mode=min" };
    const descriptor = await build("apart", { frontendAttrs });
    const content = new CountedContent(first);
    const reasons: string[] = [];
    const load = { docker, content, descriptor, names: names("app:1", "registry.example/app:one"), signal: t.signal };

    const { imageId } = await loadImage({ ...load, onWhole: (reason) => reasons.push(reason) });
    const bytes = content.bytes;
    const again = await loadImage({ ...load, onWhole });

    assert.deepEqual(reasons, ["Docker cannot reach this process"]);
    assert.ok(bytes > BIG && bytes < BIG * 1.2, `${bytes} bytes`);
    assert.deepEqual(again, { imageId, servedBytes: 0 });
    assert.equal((await docker.inspect("app:1"))?.id, imageId);
    assert.deepEqual(await namesIn(dockerd), ["app:1", "registry.example/app:one"]);
    const ran = await dockerd.docker(["run", "--rm", "--network", "none", "app:1"]);
    assert.equal(ran.stdout, "apart", ran.stderr);
  });

  test(`an aborted load into ${store} leaves nothing`, async (t) => {
    await using dockerd = await startDockerd({ store });
    await using docker = openDocker({ address: parseDockerHost(dockerd.host), environment: {} });
    const descriptor = await build("aborted");
    const content = new CountedContent(first);
    const aborting = new AbortController();
    const reason = new Error("enough");
    content.onPiece = async () => {
      if (content.bytes > BIG / 2 && !aborting.signal.aborted) {
        abortedAt = performance.now();
        aborting.abort(reason);
      }
    };
    let abortedAt = 0;

    const loading = loadImage({ docker, content, descriptor, names: names("app:1"), signal: aborting.signal });

    await assert.rejects(loading, (error) => error === reason);
    const tookMs = performance.now() - abortedAt;
    await sleep(500);
    assert.ok(tookMs < 1_000, `${tookMs} ms`);
    assert.deepEqual(await namesIn(dockerd), []);
    t.diagnostic(`${Math.round(tookMs)} ms until it was over`);
  });

  test(`content that breaks off on its way into ${store} is told as it is`, async (t) => {
    await using dockerd = await startDockerd({ store });
    await using docker = openDocker({ address: parseDockerHost(dockerd.host), environment: {} });
    const descriptor = await build("broken");
    const content = new CountedContent(first);
    const failure = new Error("the builder has gone");
    content.onPiece = async () => {
      if (content.bytes > BIG / 2) throw failure;
    };

    const loading = loadImage({ docker, content, descriptor, names: names("app:1"), signal: t.signal });

    await assert.rejects(loading, (error) => error === failure);
    assert.deepEqual(await namesIn(dockerd), []);
  });

  test(`a whole image that breaks off or is not what it says does not get into ${store}`, async (t) => {
    await using dockerd = await startDockerd({ store });
    await using docker = openDocker({ address: parseDockerHost(dockerd.host), environment: {} });
    const descriptor = await build("given up");
    const content = new CountedContent(first);
    const aborting = new AbortController();
    const reason = new Error("enough");
    const load = { docker, descriptor, names: names("app:1"), obstacle: "it is tried" };

    content.onPiece = async () => {
      if (content.bytes > BIG / 2) aborting.abort(reason);
    };
    await assert.rejects(loadImage({ ...load, content, signal: aborting.signal }), (error) => error === reason);
    const lying = loadImage({ ...load, content: new LyingContent(first, BIG), signal: t.signal });
    await assert.rejects(lying, (error) => isProblem(error, "builder_content_invalid"));

    assert.deepEqual(await namesIn(dockerd), []);
  });
}

test("a Docker that is not there is told before anything is done", async (t) => {
  await using docker = openDocker({ address: parseDockerHost(`unix://${folder}/none.sock`), environment: {} });

  await assert.rejects(docker.ping({ signal: t.signal }), (error) => isProblem(error, "docker_unavailable"));
});
