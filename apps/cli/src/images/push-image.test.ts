import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { createApiClient } from "@opendepot/api";
import { isProblem, Secret } from "@opendepot/base";
import { CredentialStore } from "@opendepot/buildkit";
import { type Descriptor, digestOf, MediaType, makeIndex, parseNormalizedReference } from "@opendepot/oci";
import { FakeRegistry } from "@opendepot/registry-client/testing";
import type { CliContext } from "../cli-context.ts";
import type { Server } from "../server.ts";
import { type ImagePush, pushImage } from "./push-image.ts";

/** A server that says that it has copied, and `image` of what it copied; `before` that, whatever else it says. */
async function startCopier(image: object, ...before: object[]) {
  const asked: unknown[] = [];
  const server = createServer(async (request, response) => {
    const pieces: Buffer[] = [];
    for await (const piece of request) pieces.push(piece);
    asked.push(JSON.parse(Buffer.concat(pieces).subarray(5).toString()));
    response.writeHead(200, { "content-type": "application/connect+json" });
    const events = [...before, { image }].map((event) => envelope(0, event));
    response.end(Buffer.concat([...events, envelope(2, {})]));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const token = new Secret("own-token");
  const api = createApiClient({ url, token, userAgent: "test" });
  return {
    server: { api, url, token } as Server,
    asked,
    async [Symbol.asyncDispose]() {
      await api[Symbol.asyncDispose]();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function envelope(flags: number, message: object): Buffer {
  const data = Buffer.from(JSON.stringify(message));
  const head = Buffer.alloc(5);
  head.writeUInt8(flags);
  head.writeUInt32BE(data.length, 1);
  return Buffer.concat([head, data]);
}

/** A registry with an image that has a signature. */
async function startSource() {
  const registry = await FakeRegistry.start();
  const config = { mediaType: MediaType.ociConfig, digest: registry.addBlob(Buffer.from("{}")), size: 2 };
  const put = (more: object, tag?: string): Descriptor => {
    const manifest = { schemaVersion: 2, mediaType: MediaType.ociManifest, config, layers: [], ...more };
    const bytes = Buffer.from(JSON.stringify(manifest));
    const digest = digestOf(bytes);
    for (const name of [digest, tag ?? digest]) registry.manifests.set(name, { mediaType: manifest.mediaType, bytes });
    return { mediaType: manifest.mediaType, digest, size: bytes.length };
  };
  const image = put({}, "build-1");
  const signature = put({ subject: image, artifactType: "a/signature" });
  registry.overrides.push(({ path }, response) => {
    if (!path.includes("/referrers/")) return false;
    response.writeHead(200, { "content-type": MediaType.ociIndex });
    response.end(makeIndex(path.endsWith(image.digest) ? [signature] : []).bytes);
    return true;
  });
  return { registry, image, signature };
}

interface Push extends Pick<ImagePush, "server"> {
  readonly from: FakeRegistry;
  readonly to: Pick<FakeRegistry, "host">;
  readonly withReferrers: boolean;
  readonly plainHttp?: string;
  readonly login?: { readonly username: string; readonly password: string };
}

/** Pushes `build-1`, and returns the steps that were shown. */
async function push({
  server,
  from,
  to,
  withReferrers,
  plainHttp,
  login,
}: Push): Promise<{ digest: string; steps: string[] }> {
  const steps: string[] = [];
  const credentials = new CredentialStore({ configFolder: "/nonexistent", env: {} });
  if (login) credentials.give(to.host, { ...login, identityToken: "", registryToken: "" });
  const digest = await pushImage({
    image: {
      ...{ reference: parseNormalizedReference(`${from.host}/p1:build-1`), projectId: "p1", buildId: "build-1" },
      ...{ target: undefined, tags: [], username: "x-token", password: new Secret("pull") },
    },
    target: parseNormalizedReference(`${to.host}/acme/app:1`),
    withReferrers,
    plainHttp: new Set(plainHttp === undefined ? [] : [plainHttp]),
    display: {
      update: ({ vertexes, statuses }) => void steps.push(...[...vertexes, ...statuses].map(({ name }) => name)),
    },
    credentials,
    server,
    context: { signal: AbortSignal.timeout(20_000) } as CliContext,
  });
  return { digest, steps: [...new Set(steps)] };
}

test("a server that knows referrers is asked for them, and nothing passes through this process", async () => {
  const { registry, image } = await startSource();
  await using from = registry;
  await using to = await FakeRegistry.start();
  await using copier = await startCopier({ digest: image.digest, referrers: 2 });

  const pushed = await push({ server: copier.server, from, to, withReferrers: true });

  assert.equal(pushed.digest, image.digest);
  assert.equal((copier.asked[0] as { withReferrers: boolean }).withReferrers, true);
  assert.deepEqual(to.log, []);
  assert.match(pushed.steps.join("\n"), /2 manifests that refer to the image were pushed, too/);
});

test("what a server that does not know referrers has left behind passes through this process", async () => {
  const { registry, image, signature } = await startSource();
  await using from = registry;
  await using to = await FakeRegistry.start();
  await using copier = await startCopier({ digest: image.digest });

  const plain = await push({ server: copier.server, from, to, withReferrers: false });
  assert.deepEqual(to.log, []);
  const pushed = await push({ server: copier.server, from, to, withReferrers: true });

  assert.equal(pushed.digest, image.digest);
  assert(to.manifests.has(signature.digest));
  assert(to.manifests.has(image.digest.replace(":", "-")), "the list of a registry that keeps none");
  assert.match(pushed.steps.join("\n"), /passing the image on, since the server does not copy what refers to it/);
  assert.match(pushed.steps.join("\n"), /one manifest that refers to the image was pushed, too/);
  assert.doesNotMatch(plain.steps.join("\n"), /refer/);
});

test("a server that has other images to copy is waited for, which is shown once", async () => {
  const { registry, image } = await startSource();
  await using from = registry;
  await using to = await FakeRegistry.start();
  await using copier = await startCopier({ digest: image.digest }, { waiting: {} }, { waiting: {} }, { unheardOf: {} });

  const pushed = await push({ server: copier.server, from, to, withReferrers: false });

  assert.equal(pushed.digest, image.digest);
  assert.deepEqual(
    pushed.steps.filter((step) => step.includes("waiting")),
    ["waiting for the server, which has other images to copy"],
  );
});

test("a registry without TLS that is not on loopback gets nothing unless it is named", async () => {
  const { registry, image } = await startSource();
  await using from = registry;
  await using to = await FakeRegistry.start();
  const login = { username: "ann", password: "s3cret" };
  to.access = { kind: "basic", ...login };
  // The same machine, by an address that is not taken for its loopback.
  const host = to.host.replace("127.0.0.1", "[::ffff:7f00:1]");
  await using api = await FakeRegistry.start(); // a server that knows no such call
  await using copier = await startCopier({});
  const server = {
    ...copier.server,
    api: createApiClient({ url: new URL(`http://${api.host}`), token: new Secret("t"), userAgent: "test" }),
  };
  const pushing = { server, from, to: { host }, withReferrers: false, login };

  await assert.rejects(push(pushing), (error) => {
    assert(isProblem(error, "registry_without_tls"));
    assert.match(error.hint ?? "", /^--plain-http \[::ffff:7f00:1\]:\d+ /);
    return true;
  });
  assert.deepEqual(to.log, []);
  await push({ ...pushing, plainHttp: host });

  assert(to.manifests.has(image.digest));
  await server.api[Symbol.asyncDispose]();
});
