import assert from "node:assert/strict";
import { test } from "node:test";
import { type Clock, isProblem } from "@opendepot/base";
import { digestOf, MediaType, parseNormalizedReference } from "@opendepot/oci";
import type { Credentials } from "./credentials.ts";
import type { RegistryProblemCode } from "./problems.ts";
import { openRegistry, type RegistryOptions, type RegistryRepository } from "./repository.ts";
import { FakeRegistry, sendError } from "./testing/index.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const hello = bytes("hello, layers");

/** Time that passes at once, and remembers how long it should have been. */
class InstantClock implements Clock {
  readonly pauses: number[] = [];
  now(): Date {
    return new Date(0);
  }
  async sleep(ms: number): Promise<void> {
    this.pauses.push(ms);
  }
}

const clock = new InstantClock();

function open(registry: FakeRegistry, options: Partial<RegistryOptions> = {}): Promise<RegistryRepository> {
  const reference = parseNormalizedReference(`${registry.host}/acme/app`);
  return openRegistry({ reference, access: "push", clock, ...options });
}

function credentials(username: string, password: string): Credentials {
  return { lookup: async () => ({ username, password, identityToken: "", registryToken: "" }) };
}

async function readAll(content: AsyncIterable<Uint8Array>): Promise<string> {
  const pieces: Uint8Array[] = [];
  for await (const piece of content) pieces.push(piece);
  return Buffer.concat(pieces).toString();
}

async function* once(content: Uint8Array): AsyncGenerator<Uint8Array> {
  yield content;
}

async function assertProblem(work: Promise<unknown>, code: RegistryProblemCode, text?: RegExp): Promise<void> {
  await assert.rejects(work, (error) => {
    assert.ok(isProblem(error, code), String((error as Error).stack));
    if (text) assert.match(`${error.message}\n${error.hint}`, text);
    return true;
  });
}

test("an image that is pushed can be read back, by tag and by digest", async () => {
  await using registry = await FakeRegistry.start();
  await using repository = await open(registry);
  const digest = digestOf(hello);
  const manifest = bytes('{"schemaVersion":2}');

  assert.equal(await repository.hasBlob(digest), false);
  await repository.putBlob({ digest, size: hello.length, open: () => once(hello) });
  const descriptor = await repository.putManifest("1.0", MediaType.ociManifest, manifest);

  assert.equal(await repository.hasBlob(digest), true);
  assert.equal(await readAll(repository.blob(digest, { size: hello.length })), "hello, layers");
  assert.equal(await readAll(repository.blob(digest, { offset: 7, length: 3 })), "lay");
  assert.deepEqual(await repository.manifestDescriptor("1.0"), descriptor);
  const read = await repository.manifest(descriptor.digest);
  assert.deepEqual(read?.descriptor, descriptor);
  assert.deepEqual(Buffer.from(read?.bytes ?? []), Buffer.from(manifest));
  assert.equal(await repository.manifest("2.0"), undefined);
});

test("credentials become one token for all requests of a repository", async () => {
  await using registry = await FakeRegistry.start();
  registry.access = { kind: "bearer", username: "ann", password: "secret" };
  await using repository = await open(registry, { credentials: credentials("ann", "secret") });
  const digest = registry.addBlob(hello);

  await Promise.all([repository.ping(), repository.hasBlob(digestOf(hello)), repository.manifest("none")]);
  await repository.hasBlob(digestOf(bytes("other")));

  const tokens = registry.seen.filter(({ path }) => path.startsWith("/token"));
  assert.equal(tokens.length, 1, registry.log.join("\n"));
  assert.equal(new URLSearchParams(tokens[0]?.body.toString()).get("scope"), "repository:acme/app:pull,push");
  assert.ok(digest);
});

test("a token server that has no POST is asked with GET", async () => {
  await using registry = await FakeRegistry.start();
  registry.access = { kind: "bearer", username: "ann", password: "secret", postStatus: 405 };
  await using repository = await open(registry, { credentials: credentials("ann", "secret") });

  await repository.ping();

  const query = "service=fake&scope=repository%3Aacme%2Fapp%3Apull%2Cpush";
  assert.deepEqual(registry.log, ["GET /v2/", "POST /token", `GET /token?${query}`, "GET /v2/"]);
});

test("a token that has run out is renewed", async () => {
  await using registry = await FakeRegistry.start();
  registry.access = { kind: "bearer", username: "ann", password: "secret" };
  await using repository = await open(registry, { credentials: credentials("ann", "secret") });
  await repository.ping();
  let isRefused = false;
  registry.overrides.push(({ path }, response) => {
    if (path !== "/v2/" || isRefused) return false;
    isRefused = true;
    response.setHeader("www-authenticate", `Bearer realm="http://${registry.host}/token",service="fake"`);
    sendError(response, 401, "UNAUTHORIZED", "token expired");
    return true;
  });

  await repository.ping();

  assert.equal(registry.log.filter((line) => line.includes("/token")).length, 2);
});

test("a registry that wants a password with each request gets it", async () => {
  await using registry = await FakeRegistry.start();
  registry.access = { kind: "basic", username: "ann", password: "secret" };
  await using repository = await open(registry, { credentials: credentials("ann", "secret") });

  await repository.ping();
  await repository.ping();

  assert.deepEqual(registry.log, ["GET /v2/", "GET /v2/", "GET /v2/"]);
});

test("wrong credentials and none are told apart, with what to do", async () => {
  await using registry = await FakeRegistry.start();
  registry.access = { kind: "bearer", username: "ann", password: "secret" };
  await using nobody = await open(registry);
  await using wrong = await open(registry, { credentials: credentials("ann", "guess") });

  await assertProblem(nobody.ping(), "registry_denied", /log in with "docker login 127\.0\.0\.1:\d+"/);
  await assertProblem(wrong.ping(), "registry_denied", /incorrect username or password.*\n.*check that the account/s);
  registry.access = { kind: "basic", username: "ann", password: "secret" };
  await using wrongBasic = await open(registry, { credentials: credentials("ann", "guess") });
  await assertProblem(wrongBasic.ping(), "registry_denied");
  assert.ok(registry.seen.length < 15, "it went on asking");
});

test("credentials do not follow a redirect to another host", async () => {
  await using registry = await FakeRegistry.start();
  await using storage = await FakeRegistry.start();
  registry.access = { kind: "basic", username: "ann", password: "secret" };
  storage.addBlob(hello);
  registry.overrides.push(({ path, authorization }, response) => {
    if (!path.includes("/blobs/") || authorization === undefined) return false;
    response.writeHead(307, { location: `http://${storage.host}${path}` }).end();
    return true;
  });
  await using repository = await open(registry, { credentials: credentials("ann", "secret") });

  const text = await readAll(repository.blob(digestOf(hello)));

  assert.equal(text, "hello, layers");
  assert.deepEqual(
    storage.seen.map(({ authorization }) => authorization),
    [undefined],
  );
});

test("redirects in circles end", async () => {
  await using registry = await FakeRegistry.start();
  registry.overrides.push(({ path }, response) => {
    response.writeHead(302, { location: path }).end();
    return true;
  });
  await using repository = await open(registry);

  await assertProblem(repository.ping(), "registry_answer_invalid", /circles/);
  assert.equal(registry.seen.length, 6);
});

test("a registry in trouble is asked again, as late as it wants to be", async () => {
  await using registry = await FakeRegistry.start();
  const answers = [503, 429, 500];
  registry.overrides.push((_, response) => {
    const status = answers.shift();
    if (status === undefined) return false;
    if (status === 429) response.setHeader("retry-after", "7");
    sendError(response, status, "TOOMANYREQUESTS", "slow down");
    return true;
  });
  clock.pauses.length = 0;
  await using repository = await open(registry);

  await repository.ping();

  assert.deepEqual(clock.pauses, [250, 7_000, 1_000]);
});

test("a registry that stays in trouble is given up, with its own words", async () => {
  await using registry = await FakeRegistry.start();
  registry.overrides.push((_, response) => {
    sendError(response, 503, "UNAVAILABLE", "down for maintenance\u001b[31m");
    return true;
  });
  await using repository = await open(registry);

  await assertProblem(repository.ping(), "registry_refused", /down for maintenance \[31m \(status 503\)/);
  assert.equal(registry.seen.length, 4);
});

test("a registry that wants more patience than people have is told at once", async () => {
  await using registry = await FakeRegistry.start();
  registry.overrides.push((_, response) => {
    response.setHeader("retry-after", "3600");
    sendError(response, 429, "TOOMANYREQUESTS", "you have reached your pull rate limit");
    return true;
  });
  await using repository = await open(registry);

  await assertProblem(repository.ping(), "registry_rate_limited", /pull rate limit/);
  assert.equal(registry.seen.length, 1);
});

test("what is refused for good is not asked again", async () => {
  await using registry = await FakeRegistry.start();
  await using repository = await open(registry);
  const digest = digestOf(bytes("something else"));

  const pushing = repository.putBlob({ digest, size: hello.length, open: () => once(hello) });

  await assertProblem(pushing, "registry_refused", /provided digest did not match/);
  assert.equal(registry.seen.length, 2);
});

test("an upload that breaks is made anew, from the beginning", async () => {
  await using registry = await FakeRegistry.start();
  let breaks = 2;
  registry.overrides.push(({ method }, response) => {
    if (method !== "PUT" || breaks-- <= 0) return false;
    response.destroy();
    return true;
  });
  await using repository = await open(registry);
  const digest = digestOf(hello);

  await repository.putBlob({ digest, size: hello.length, open: () => once(hello) });

  assert.ok(registry.blobs.has(digest));
  assert.equal(registry.log.filter((line) => line.startsWith("POST")).length, 3);
});

test("content that cannot be read is told as it is, and not pushed again", async () => {
  await using registry = await FakeRegistry.start();
  await using repository = await open(registry);
  const failure = new Error("the builder has gone");
  const open1 = async function* (): AsyncGenerator<Uint8Array> {
    yield hello;
    throw failure;
  };

  const pushing = repository.putBlob({ digest: digestOf(hello), size: 1000, open: open1 });

  await assert.rejects(pushing, (error) => error === failure);
});

test("a transfer that breaks off goes on where it was", async () => {
  await using registry = await FakeRegistry.start();
  const content = Buffer.alloc(100_000, "abc");
  const digest = registry.addBlob(content);
  let breaks = 2;
  registry.overrides.push(({ path, method, headers }, response) => {
    if (method !== "GET" || !path.includes("/blobs/") || breaks-- <= 0) return false;
    const from = Number(/\d+/.exec(headers.range ?? "")?.[0] ?? 0);
    response.writeHead(from > 0 ? 206 : 200, { "content-length": content.length - from });
    response.write(content.subarray(from, from + 20_000), () => response.destroy());
    return true;
  });
  await using repository = await open(registry);

  const text = await readAll(repository.blob(digestOf(content), { size: content.length }));

  assert.equal(text.length, content.length);
  assert.deepEqual(
    registry.seen.map(({ headers }) => headers.range),
    [undefined, "bytes=20000-", "bytes=40000-"],
    digest,
  );
});

test("a registry that knows no ranges still gives the part that is wanted", async () => {
  await using registry = await FakeRegistry.start();
  registry.overrides.push(({ path }, response) => {
    if (!path.includes("/blobs/")) return false;
    response.end(hello);
    return true;
  });
  await using repository = await open(registry);

  assert.equal(await readAll(repository.blob(digestOf(hello), { offset: 7, length: 3 })), "lay");
});

test("what is not what its digest says is never read to the end", async () => {
  await using registry = await FakeRegistry.start();
  await using repository = await open(registry);
  const digest = digestOf(hello);
  registry.blobs.set(digest, Buffer.from("hello, lawyers"));
  registry.manifests.set(digest, { mediaType: MediaType.ociManifest, bytes: Buffer.from("{}") });

  await assertProblem(readAll(repository.blob(digest)), "registry_answer_invalid", /something else/);
  await assertProblem(readAll(repository.blob(digest, { size: 13 })), "registry_answer_invalid", /longer than 13/);
  await assertProblem(readAll(repository.blob(digest, { size: 99 })), "registry_answer_invalid", /ends after 14 of 99/);
  await assertProblem(repository.manifest(digest), "registry_answer_invalid", /another/);
});

test("a manifest without end is not read to the end", async () => {
  await using registry = await FakeRegistry.start();
  let sent = 0;
  registry.overrides.push(({ path }, response) => {
    if (!path.includes("/manifests/")) return false;
    response.writeHead(200, { "content-type": MediaType.ociManifest });
    const chunk = Buffer.alloc(256 * 1024, " ");
    const pump = (): void => {
      if (response.destroyed || sent > 256 * 1024 ** 2) return;
      sent += chunk.length;
      response.write(chunk, () => setImmediate(pump));
    };
    pump();
    return true;
  });
  await using repository = await open(registry);

  await assertProblem(repository.manifest("endless"), "registry_answer_invalid", /more than 4194304 bytes/);
  assert.ok(sent < 64 * 1024 ** 2, `${sent} bytes`);
});

test("an error page without end is cut off", async () => {
  await using registry = await FakeRegistry.start();
  registry.overrides.push((_, response) => {
    response.writeHead(400, { "content-type": "text/plain" });
    response.end("x".repeat(10 * 1024 ** 2));
    return true;
  });
  await using repository = await open(registry);

  await assertProblem(repository.ping(), "registry_refused", /status 400/);
});

test("a blob is taken over from another repository where the registry can do that", async () => {
  await using registry = await FakeRegistry.start();
  await using repository = await open(registry);
  registry.addBlob(hello);

  assert.equal(await repository.mount(digestOf(hello), "acme/base"), true);
  assert.equal(await repository.mount(digestOf(bytes("missing")), "acme/base"), false);
  assert.equal(registry.log.at(-1), "DELETE /v2/acme/app/blobs/uploads/1?state=x");
});

test("nobody there and an abort are different things", async () => {
  let host = "";
  {
    await using registry = await FakeRegistry.start();
    host = registry.host;
  }
  await using gone = await openRegistry({ reference: parseNormalizedReference(`${host}/acme/app`) });
  await assertProblem(gone.ping(), "registry_unreachable", /ECONNREFUSED/);

  await using registry = await FakeRegistry.start();
  registry.overrides.push(() => true); // and never answers
  await using repository = await open(registry);
  const reason = new Error("enough");
  const controller = new AbortController();
  setTimeout(() => controller.abort(reason), 20);
  await assert.rejects(repository.ping({ signal: controller.signal }), (error) => error === reason);
});

test("a registry that keeps silent is given up", async () => {
  await using registry = await FakeRegistry.start();
  registry.overrides.push(() => true);
  await using repository = await open(registry, { idleMs: 30 });

  await assertProblem(repository.ping(), "registry_unreachable", /no sign of life/);
});

test("a registry that is marked as insecure is spoken to without TLS where it has none", async () => {
  await using registry = await FakeRegistry.start();
  const reference = parseNormalizedReference(`${registry.host.replace("127.0.0.1", "localhost.localdomain")}/acme/app`);
  const repository = await openRegistry({ reference, isInsecure: true }).catch((error: unknown) => error);

  // Where the name is not known the problem is another one, and nothing to test.
  if (isProblem(repository)) assert.equal(repository.code, "registry_unreachable");
  else assert.deepEqual(registry.log, ["GET /v2/"]);
});
