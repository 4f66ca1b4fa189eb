import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, suite, test } from "node:test";
import { Code, ConnectError } from "@connectrpc/connect";
import { imagesV1 } from "@opendepot/api/services";
import type { Logger } from "@opendepot/base";
import { type Digest, digestOf, MediaType, parseNormalizedReference } from "@opendepot/oci";
import { openRegistry, type RegistryRepository } from "@opendepot/registry-client";
import { startRegistry } from "@opendepot/testing";
import type { FakeProvider } from "../testing/fake-provider.ts";
import { createTestProject } from "../testing/project.ts";
import { startFakeServer, type TestServer } from "../testing/test-server.ts";

const LAYER_BYTES = 3_000_000;
const login = { username: "ann", password: "s3cret-of-ann" };

/** Remembers everything that is logged. */
function recordingLogger(lines: string[]): Logger {
  const note = (message: string, fields?: object): void => void lines.push(`${message} ${JSON.stringify(fields)}`);
  const logger: Logger = { debug: note, info: note, warn: note, error: note, with: () => logger };
  return logger;
}

function hostOf({ url }: Pick<TestServer<FakeProvider>, "url">): string {
  return new URL(url).host;
}

suite("copies of saved images", () => {
  const logged: string[] = [];
  let server: TestServer<FakeProvider>;
  let host: string;
  before(async () => {
    server = await startFakeServer({ logger: recordingLogger(logged) });
    host = hostOf(server);
  });
  after(() => server[Symbol.asyncDispose]());

  function open(name: string, password: string = server.adminToken, username = "x-token"): Promise<RegistryRepository> {
    const auth = { username, password, identityToken: "", registryToken: "" };
    const credentials = { lookup: async () => auth };
    return openRegistry({ reference: parseNormalizedReference(name), access: "push", credentials });
  }

  /** Saves an image with one layer in a new project. */
  async function save(tag: string, on = server): Promise<{ readonly projectId: string; readonly digest: string }> {
    const { projectId } = await createTestProject(on);
    await using repository = await open(`${hostOf(on)}/${projectId}`, on.adminToken);
    const push = async (bytes: Buffer, mediaType: string) => {
      const digest = digestOf(bytes);
      const content = async function* (): AsyncGenerator<Uint8Array> {
        yield bytes;
      };
      await repository.putBlob({ digest, size: bytes.length, open: content });
      return { mediaType, digest, size: bytes.length };
    };
    const config = await push(Buffer.from('{"os":"linux","architecture":"amd64"}'), MediaType.ociConfig);
    const layers = [await push(randomBytes(LAYER_BYTES), MediaType.ociLayer)];
    const manifest = { schemaVersion: 2, mediaType: MediaType.ociManifest, config, layers };
    const { digest } = await repository.putManifest(tag, MediaType.ociManifest, Buffer.from(JSON.stringify(manifest)));
    return { projectId, digest };
  }

  /** Pushes a manifest that has the image as its subject. */
  async function attach(projectId: string, digest: string): Promise<string> {
    await using repository = await open(`${host}/${projectId}`);
    const image = await repository.manifestDescriptor(digest);
    const bytes = Buffer.from("{}");
    const config = { mediaType: "application/vnd.oci.empty.v1+json", digest: digestOf(bytes), size: bytes.length };
    const content = async function* (): AsyncGenerator<Uint8Array> {
      yield bytes;
    };
    await repository.putBlob({ ...config, open: content });
    const manifest = {
      schemaVersion: 2,
      mediaType: MediaType.ociManifest,
      artifactType: "a/signature",
      config,
      layers: [],
    };
    const signature = Buffer.from(JSON.stringify({ ...manifest, subject: image }));
    return (await repository.putManifest(digestOf(signature), MediaType.ociManifest, signature)).digest;
  }

  interface Copy {
    readonly projectId: string;
    readonly reference: string;
    readonly target: string;
    readonly credentials?: { readonly username: string; readonly password: string };
    readonly withReferrers?: boolean;
  }

  async function copy(request: Copy, of = server): Promise<imagesV1.CopyImageResponse["event"][]> {
    const events: imagesV1.CopyImageResponse["event"][] = [];
    for await (const { event } of of.client(imagesV1.ImageService).copyImage(request)) events.push(event);
    return events;
  }

  test("an image gets to another registry with the client's credentials, which nobody keeps", async () => {
    await using registry = await startRegistry({ login });
    const { projectId, digest } = await save("v1");
    const request = { projectId, reference: "v1", target: `${registry.host}/acme/app:1.0`, credentials: login };

    const events = await copy(request);
    const again = await copy({ ...request, target: `${registry.host}/acme/app:2.0` });

    await using target = await open(`${registry.host}/acme/app`, login.password, login.username);
    assert.equal((await target.manifestDescriptor("1.0"))?.digest, digest);
    assert.equal((await target.manifestDescriptor("2.0"))?.digest, digest);
    const last = events.at(-1);
    assert(last?.case === "image" && last.value.digest === digest && last.value.sent > BigInt(LAYER_BYTES));
    const lastAgain = again.at(-1);
    assert(lastAgain?.case === "image" && lastAgain.value.sent === 0n);
    assert(!logged.some((line) => line.includes(login.password)));
  });

  test("to another project of the same server nothing is sent", async () => {
    const { projectId, digest } = await save("v1");
    const { projectId: other } = await createTestProject(server);
    const credentials = { username: "x-token", password: server.adminToken };

    const events = await copy({ projectId, reference: digest, target: `${host}/${other}/deep/app:1.0`, credentials });

    const last = events.at(-1);
    assert(last?.case === "image" && last.value.sent === 0n);
    const states = events.flatMap((event) => (event.case === "blob" ? event.value.state : []));
    assert.deepEqual([...new Set(states)], [imagesV1.BlobCopyState.MOUNTED]);
    await using target = await open(`${host}/${other}/deep/app`);
    assert.equal((await target.manifestDescriptor("1.0"))?.digest, digest);
  });

  test("what refers to an image goes along where it is asked for, and the answer says so", async () => {
    await using registry = await startRegistry();
    const { projectId, digest } = await save("v1");
    const { projectId: other } = await createTestProject(server);
    const signature = await attach(projectId, digest);
    const own = { username: "x-token", password: server.adminToken };
    const targets = [
      { target: `${registry.host}/acme/app:1.0`, keptBy: "clients" },
      { target: `${host}/${other}/app:1.0`, keptBy: "registry", credentials: own },
    ] as const;

    for (const { keptBy, ...target } of targets) {
      const copying = { projectId, reference: "v1", ...target };
      const plain = (await copy(copying)).at(-1);
      assert(plain?.case === "image" && plain.value.referrers === undefined);
      await using repository = await open(target.target);
      assert.deepEqual((await repository.referrers(digest as Digest)).manifests, []);

      const last = (await copy({ ...copying, withReferrers: true })).at(-1);

      assert(last?.case === "image" && last.value.referrers === 1 && last.value.digest === digest);
      const listed = await repository.referrers(digest as Digest);
      assert.deepEqual([listed.keptBy, listed.manifests.map((one) => one.digest)], [keptBy, [signature]]);
      assert.equal(listed.manifests[0]?.artifactType, "a/signature");
    }
  });

  test("what the caller may not see, what is not there and what has no tag are told", async () => {
    const { projectId } = await save("v1");
    const target = `${host}/${projectId}:copy`;
    const cases: ReadonlyArray<readonly [Copy, Code]> = [
      [{ projectId: "nosuchproj", reference: "v1", target }, Code.NotFound],
      [{ projectId, reference: "../other:v1", target }, Code.InvalidArgument],
      [{ projectId, reference: "none", target }, Code.FailedPrecondition],
      [{ projectId, reference: "v1", target: `${host}/${projectId}` }, Code.InvalidArgument],
    ];
    for (const [request, code] of cases) {
      await assert.rejects(copy(request), (error) => error instanceof ConnectError && error.code === code);
    }
  });

  test("a server that pushes to public addresses only connects to nothing near it", async () => {
    await using strict = await startFakeServer({ settings: { pushTargets: "public" } });
    const { projectId } = await save("v1", strict);
    let asked = 0;
    const inside = createServer((_, response) => {
      asked++;
      response.end();
    });
    await new Promise<void>((resolve) => inside.listen(0, "127.0.0.1", resolve));
    const { port } = inside.address() as AddressInfo;
    const refused = (error: unknown): boolean =>
      error instanceof ConnectError && /may not be spoken to from here/.test(error.message);

    for (const name of ["127.0.0.1", "localhost", "169.254.169.254", "[::1]"]) {
      const target = `${name}:${port}/acme/app:1.0`;
      await assert.rejects(copy({ projectId, reference: "v1", target }, strict), refused, name);
    }

    assert.equal(asked, 0);
    inside.close();
    const credentials = { username: "x-token", password: strict.adminToken };
    const target = `${hostOf(strict)}/${projectId}:own`;
    const events = await copy({ projectId, reference: "v1", target, credentials }, strict);
    assert.equal(events.at(-1)?.case, "image");
  });

  /** The same machine, by an address that nobody takes for its loopback. */
  const mapped = (address: string): string => address.replace("127.0.0.1", "[::ffff:7f00:1]");

  test("a registry without TLS gets nothing unless the server was told so, and then all of it", async () => {
    await using registry = await startRegistry({ login });
    const target = mapped(registry.host);
    await using told = await startFakeServer({ settings: { plainHttpRegistries: target } });
    const request = { reference: "v1", target: `${target}/acme/app:1.0`, credentials: login };

    const unreachable = (error: unknown): boolean =>
      error instanceof ConnectError && /cannot reach the registry/.test(error.message);
    const untold = await save("v1");
    await assert.rejects(copy({ ...request, projectId: untold.projectId }), unreachable);
    assert.doesNotMatch(registry.log(), /acme/);
    const { projectId, digest } = await save("v1", told);
    const events = await copy({ ...request, projectId }, told);

    assert.equal(events.at(-1)?.case, "image");
    await using repository = await open(`${registry.host}/acme/app`, login.password, login.username);
    assert.equal((await repository.manifestDescriptor("1.0"))?.digest, digest);
  });

  test("a registry without TLS leads the server nowhere that it may not go, and gets no credentials there", async () => {
    const seen: string[] = [];
    const inside = createServer(({ url, headers }, response) => {
      seen.push(`${url} ${headers.authorization}`);
      response.end("{}");
    });
    let answer: (response: ServerResponse) => unknown = (response) => response.end();
    const hostile = createServer((_, response) => void answer(response));
    for (const one of [inside, hostile]) await new Promise<void>((done) => one.listen(0, "127.0.0.1", done));
    const portOf = (one: typeof inside): number => (one.address() as AddressInfo).port;
    const host = mapped(`127.0.0.1:${portOf(hostile)}`);
    const at = (address: string): string => `http://${address}:${portOf(inside)}`;
    await using strict = await startFakeServer({
      settings: { pushTargets: `public,${host}`, plainHttpRegistries: host },
    });
    const { projectId } = await save("v1", strict);
    const request = { projectId, reference: "v1", target: `${host}/acme/app:1.0`, credentials: login };
    const refused = (error: unknown): boolean =>
      error instanceof ConnectError && /may not be spoken to from here/.test(error.message);

    for (const address of ["127.0.0.1", "localhost", "[::1]", "[::ffff:7f00:1]", "169.254.169.254"]) {
      answer = (response) =>
        response.writeHead(401, { "www-authenticate": `Bearer realm="${at(address)}/token",service="x"` }).end();
      await assert.rejects(copy(request, strict), refused, `token server ${address}`);
      answer = (response) => response.writeHead(307, { location: `${at(address)}/v2/` }).end();
      await assert.rejects(copy(request, strict), refused, `redirect to ${address}`);
    }

    assert.deepEqual(seen, []);
    await using elsewhere = await startFakeServer({ settings: { pushTargets: "public", plainHttpRegistries: host } });
    const other = await save("v1", elsewhere);
    await assert.rejects(copy({ ...request, projectId: other.projectId }, elsewhere), refused);
    for (const one of [inside, hostile]) {
      one.closeAllConnections();
      one.close();
    }
  });

  test("one copy more than may run at a time waits, says so, and begins when another ends", async () => {
    await using narrow = await startFakeServer({ settings: { copiesAtOnce: "1" } });
    await using registry = await startRegistry();
    const { projectId, digest } = await save("v1", narrow);
    const { promise: arrived, resolve } = Promise.withResolvers<void>();
    const hanging = createServer(() => resolve());
    await new Promise<void>((listening) => hanging.listen(0, "127.0.0.1", listening));
    const slow = `127.0.0.1:${(hanging.address() as AddressInfo).port}/acme/app:1.0`;
    const metric = async (name: string): Promise<string | undefined> => {
      const page = await (await fetch(`${narrow.url}/metrics`)).text();
      return new RegExp(`^depot_image_copies_${name} (\\d+)$`, "m").exec(page)?.[1];
    };
    const client = narrow.client(imagesV1.ImageService);
    const stop = new AbortController();
    const first = (async () => {
      for await (const _ of client.copyImage({ projectId, reference: "v1", target: slow }, { signal: stop.signal }));
    })();
    const ended = assert.rejects(first);
    await arrived;

    const states: string[] = [];
    const request = { projectId, reference: "v1", target: `${registry.host}/acme/app:1.0` };
    for await (const { event } of client.copyImage(request)) {
      states.push(event.case ?? "");
      if (event.case !== "waiting") continue;
      assert.deepEqual([await metric("running"), await metric("waiting")], ["1", "1"]);
      stop.abort(new Error("enough"));
    }

    await ended;
    assert.deepEqual([states[0], states.at(-1)], ["waiting", "image"]);
    await using target = await open(`${registry.host}/acme/app`);
    assert.equal((await target.manifestDescriptor("1.0"))?.digest, digest);
    assert.deepEqual([await metric("running"), await metric("waiting"), await metric("refused")], ["0", "0", "0"]);
    hanging.closeAllConnections();
    hanging.close();
  });

  test("a client that leaves ends the copy", async () => {
    const { projectId } = await save("v1");
    const { promise: left, resolve } = Promise.withResolvers<void>();
    const hanging = createServer((request) => request.socket.once("close", () => resolve()));
    await new Promise<void>((listening) => hanging.listen(0, "127.0.0.1", listening));
    const target = `127.0.0.1:${(hanging.address() as AddressInfo).port}/acme/app:1.0`;
    const stop = new AbortController();
    hanging.once("request", () => stop.abort(new Error("enough")));

    const client = server.client(imagesV1.ImageService);
    const reading = (async () => {
      const answers = client.copyImage({ projectId, reference: "v1", target }, { signal: stop.signal });
      for await (const _ of answers);
    })();

    await assert.rejects(reading);
    await left;
    hanging.close();
  });
});
