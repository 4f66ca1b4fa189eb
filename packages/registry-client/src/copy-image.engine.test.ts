import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { type AddressInfo, connect, createServer } from "node:net";
import { test } from "node:test";
import { type Descriptor, digestOf, MediaType, makeIndex, parseNormalizedReference } from "@opendepot/oci";
import { startTestRegistry } from "@opendepot/registry/testing";
import { prepareTestTools, runProgram, startRegistry, type TestRegistry } from "@opendepot/testing";
import { type CopyProgress, copyImage } from "./copy-image.ts";
import type { Credentials } from "./credentials.ts";
import { openRegistry, type RegistryRepository } from "./repository.ts";

const { skopeo } = await prepareTestTools();
const login = { username: "ann", password: "a pass word" };
const credentials: Credentials = { lookup: async () => ({ ...login, identityToken: "", registryToken: "" }) };

function open(registry: TestRegistry, path: string, given?: Credentials): Promise<RegistryRepository> {
  const reference = parseNormalizedReference(`${registry.host}/${path}`);
  return openRegistry({ reference, access: "push", credentials: given });
}

const encode = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));

async function pushBlob(to: RegistryRepository, bytes: Buffer, mediaType: string): Promise<Descriptor> {
  const digest = digestOf(bytes);
  const openBytes = async function* (): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < bytes.length; at += 65_536) yield bytes.subarray(at, at + 65_536);
  };
  await to.putBlob({ digest, size: bytes.length, open: openBytes });
  return { mediaType, digest, size: bytes.length };
}

/** Pushes an index over two platforms, each with its own large layer, as `build-1`. */
async function pushIndex(to: RegistryRepository, layerBytes: number): Promise<Descriptor> {
  const children: Descriptor[] = [];
  for (const architecture of ["amd64", "arm64"]) {
    const config = await pushBlob(to, encode({ os: "linux", architecture }), MediaType.ociConfig);
    const layers = [await pushBlob(to, randomBytes(layerBytes), MediaType.ociLayer)];
    const bytes = encode({ schemaVersion: 2, mediaType: MediaType.ociManifest, config, layers });
    const pushed = await to.putManifest(digestOf(bytes), MediaType.ociManifest, bytes);
    children.push({ ...pushed, platform: { os: "linux", architecture } });
  }
  const index = makeIndex(children);
  return await to.putManifest("build-1", MediaType.ociIndex, index.bytes);
}

async function digestBySkopeo(image: string): Promise<string> {
  const creds = ["--creds", `${login.username}:${login.password}`];
  const args = ["inspect", "--raw", "--tls-verify=false", ...creds, `docker://${image}`];
  const { code, stdout, stderr } = await runProgram([skopeo, "--insecure-policy", ...args]);
  assert.equal(code, 0, stderr);
  return digestOf(Buffer.from(stdout));
}

test("an index is copied to a registry that wants a login, once, and other clients find it whole", async () => {
  await using source = await startRegistry();
  await using target = await startRegistry({ login });
  await using from = await open(source, "project");
  await using to = await open(target, "acme/app", credentials);
  const layerBytes = 8 * 1024 * 1024;
  const index = await pushIndex(from, layerBytes);
  const states = new Map<string, CopyProgress["state"]>();
  const copying = { from, to, reference: "build-1" };

  const copied = await copyImage({
    ...{ ...copying, tags: ["1.0"] },
    onProgress: ({ blob, state }) => states.set(blob.digest, state),
  });
  const again = await copyImage({ ...copying, tags: ["2.0"] });

  assert.equal(copied.descriptor.digest, index.digest);
  assert.deepEqual([...states.values()], ["copied", "copied", "copied", "copied"]);
  assert(copied.sentBytes > 2 * layerBytes && copied.sentBytes < 2 * layerBytes + 10_000, String(copied.sentBytes));
  assert.equal(again.sentBytes, 0);
  for (const tag of ["1.0", "2.0"]) {
    assert.equal(await digestBySkopeo(`${target.host}/acme/app:${tag}`), index.digest);
  }
});

test("within one registry an image is copied without its bytes", async () => {
  await using registry = await startRegistry({ login });
  await using from = await open(registry, "one", credentials);
  await using to = await open(registry, "two/deep", credentials);
  const index = await pushIndex(from, 100_000);

  const copied = await copyImage({ from, to, reference: index.digest, tags: ["1.0"] });

  assert.equal(copied.sentBytes, 0);
  assert.equal(await digestBySkopeo(`${registry.host}/two/deep:1.0`), index.digest);
});

/** A way to a registry that breaks off the first `breaks` connections on which more than `maxBytes` were sent. */
async function startBrittleWay(behind: string, { breaks, maxBytes }: { breaks: number; maxBytes: number }) {
  const [hostname, port] = behind.split(":");
  let left = breaks;
  let bytes = 0;
  const server = createServer((client) => {
    const onward = connect({ host: hostname, port: Number(port) });
    let own = 0;
    client.on("data", (piece) => {
      own += piece.length;
      bytes += piece.length;
      if (own <= maxBytes || left === 0) return;
      left--;
      client.resetAndDestroy();
      onward.destroy();
    });
    for (const socket of [client, onward]) socket.on("error", () => undefined);
    client.pipe(onward).pipe(client);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    bytes: () => bytes,
    broken: () => breaks - left,
    [Symbol.asyncDispose]: async () => {
      server.close();
    },
  };
}

test("a copy over a way that breaks off again and again goes on where it was", async () => {
  await using source = await startRegistry();
  await using target = await startTestRegistry();
  await using way = await startBrittleWay(target.host, { breaks: 2, maxBytes: 30_000_000 });
  await using from = await open(source, "project");
  const layerBytes = 40_000_000;
  const index = await pushIndex(from, layerBytes);
  const { username, password } = target;
  const own = { lookup: async () => ({ username, password, identityToken: "", registryToken: "" }) };
  const reference = parseNormalizedReference(`${way.host}/acme/app`);
  await using to = await openRegistry({ reference, access: "push", credentials: own });

  const copied = await copyImage({ from, to, reference: "build-1", tags: ["1.0"], blobsAtOnce: 1 });

  assert.equal(copied.descriptor.digest, index.digest);
  assert.equal(way.broken(), 2);
  assert.equal((await to.manifestDescriptor("1.0"))?.digest, index.digest);
  // From the beginning each time, it would have been sixty megabytes more.
  assert(way.bytes() < 2 * layerBytes + 40_000_000, String(way.bytes()));
});
