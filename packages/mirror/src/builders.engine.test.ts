import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { test } from "node:test";
import { Secret, silentLogger } from "@opendepot/base";
import type { Builder, EngineKind } from "@opendepot/builder";
import { buildSmall } from "@opendepot/builder/testing";
import { createAuth } from "@opendepot/buildkit";
import { type LocalProvider, openLocalProvider } from "@opendepot/provider-local";
import { FakeRegistry, sendError } from "@opendepot/registry-client/testing";
import { startRegistry, testBaseImage, testEngineKinds, testEngineProgram } from "@opendepot/testing";
import { pushImage, startTestMirror, type TestMirror } from "./testing/index.ts";

const architecture = process.arch === "arm64" ? "arm64" : "amd64";
const START_MS = 300_000;

/** A provider with an empty data folder, and builders that reach `upstream` by a mirror. */
async function openProvider(kind: EngineKind): Promise<LocalProvider> {
  const dataDir = await mkdtemp(path.join(tmpdir(), "od-mirrored-"));
  const provider = await openLocalProvider({
    ...{ dataDir, architecture, logger: silentLogger, install: true },
    engine: { path: await testEngineProgram(kind) },
    path: process.env["PATH"] ?? "",
    env: process.env,
  });
  const dispose = provider[Symbol.asyncDispose].bind(provider);
  provider[Symbol.asyncDispose] = async () => {
    await dispose();
    await rm(dataDir, { recursive: true, force: true });
  };
  return provider;
}

async function startBuilder(
  provider: LocalProvider,
  id: string,
  mirror: TestMirror,
  upstream: string,
): Promise<Builder> {
  const secret = new Secret(`mirror/door-acme/${upstream}`);
  const registries = {
    hosts: [{ host: mirror.host, isPlainHttp: true, caPem: undefined }],
    mirrors: [{ upstream, isPlainHttp: true, host: mirror.host, path: secret }],
  };
  const cachePolicy = { keepBytes: 1024 ** 3, keepDays: 0 };
  return await provider.start(
    { id, projectId: id, architecture, cachePolicy, registries },
    AbortSignal.timeout(START_MS),
  );
}

const dockerfileOf = (image: string, step: string): string =>
  `FROM ${image}\nRUN ["/busybox", "echo", "built ${step}"]\n`;

for (const kind of await testEngineKinds()) {
  test(`a builder with ${kind} takes base images from the mirror, also when their registry is gone`, async () => {
    await using upstream = await startRegistry();
    await using mirror = await startTestMirror({ freshMs: 0 });
    await mirror.add(upstream.host);
    await pushImage(`${upstream.host}/acme/base:1`, await testBaseImage());
    await using provider = await openProvider(kind);
    const first = await startBuilder(provider, "one", mirror, upstream.host);

    const built = await buildSmall(first, { dockerfile: dockerfileOf(`${upstream.host}/acme/base:1`, "first") });
    assert.match(built.output, /built first/);
    const gets = upstream.log().match(/GET \/v2\/acme\/base\/blobs/g)?.length;
    await upstream[Symbol.asyncDispose]();
    const second = await startBuilder(provider, "two", mirror, upstream.host);
    const again = await buildSmall(second, { dockerfile: dockerfileOf(`${upstream.host}/acme/base:1`, "second") });

    assert.match(again.output, /built second/);
    assert.equal(gets, 2, "configuration and layer once");
    assert.ok(mirror.mirror.stats().stale > 0);
  });

  test(`a builder with ${kind} builds on when the registry limits the rate, and says what to do where it cannot`, async () => {
    await using upstream = await FakeRegistry.start();
    await using mirror = await startTestMirror({ freshMs: 0, pauseMs: 0 });
    await mirror.add(upstream.host);
    await pushImage(`${upstream.host}/acme/base:1`, await testBaseImage());
    const pulled = await fetch(`${mirror.url(upstream.host)}/acme/base/manifests/1`);
    const { config, layers } = (await pulled.json()) as { config: { digest: string }; layers: { digest: string }[] };
    for (const { digest } of [config, ...layers]) {
      await (await fetch(`${mirror.url(upstream.host)}/acme/base/blobs/${digest}`)).arrayBuffer();
    }
    upstream.overrides.push((_, response) => {
      sendError(response, 429, "TOOMANYREQUESTS", "You have reached your pull rate limit.");
      return true;
    });
    await using provider = await openProvider(kind);
    const builder = await startBuilder(provider, "one", mirror, upstream.host);

    const built = await buildSmall(builder, { dockerfile: dockerfileOf(`${upstream.host}/acme/base:1`, "on") });
    const failing = buildSmall(builder, { dockerfile: dockerfileOf(`${upstream.host}/acme/other:1`, "never") });

    assert.match(built.output, /built on/);
    await assert.rejects(failing, (error: Error) => {
      assert.match(error.message, /429 Too Many Requests|toomanyrequests/i);
      assert.doesNotMatch(error.message, /door-acme/);
      return true;
    });
  });

  test(`a builder with ${kind} goes to the registry itself when the mirror is down`, async () => {
    await using upstream = await startRegistry();
    await using mirror = await startTestMirror();
    await mirror.add(upstream.host);
    await pushImage(`${upstream.host}/acme/base:1`, await testBaseImage());
    await using provider = await openProvider(kind);
    const builder = await startBuilder(provider, "one", mirror, upstream.host);
    await mirror[Symbol.asyncDispose]();

    const built = await buildSmall(builder, { dockerfile: dockerfileOf(`${upstream.host}/acme/base:1`, "alone") });

    assert.match(built.output, /built alone/);
  });

  test(`a builder with ${kind} pulls with the login of the person who builds, which the mirror never sees`, async () => {
    const login = { username: "person", password: "of-a-person" };
    await using upstream = await startRegistry({ login });
    await using mirror = await startTestMirror();
    await mirror.add(upstream.host);
    await pushImage(`${upstream.host}/acme/private:1`, await testBaseImage(), login);
    await using provider = await openProvider(kind);
    const builder = await startBuilder(provider, "one", mirror, upstream.host);
    const config = await mkdtemp(path.join(tmpdir(), "od-config-"));
    const auth = Buffer.from(`${login.username}:${login.password}`).toString("base64");
    await writeFile(path.join(config, "config.json"), JSON.stringify({ auths: { [upstream.host]: { auth } } }));

    const services = [createAuth({ configFolder: config, env: {} })];
    const dockerfile = dockerfileOf(`${upstream.host}/acme/private:1`, "privately");
    const built = await buildSmall(builder, { dockerfile, services });
    await rm(config, { recursive: true });

    assert.match(built.output, /built privately/);
    assert.equal(mirror.mirror.stats().count, 0);
  });

  test(`a builder with ${kind} says what the mirror says when there is no other way, and never by which door`, async () => {
    await using upstream = await startRegistry();
    await using mirror = await startTestMirror();
    await mirror.add(upstream.host);
    await using provider = await openProvider(kind);
    const builder = await startBuilder(provider, "one", mirror, upstream.host);
    await upstream[Symbol.asyncDispose]();

    const building = buildSmall(builder, { dockerfile: dockerfileOf(`${upstream.host}/acme/base:1`, "never") });

    await assert.rejects(building, (error: Error) => {
      assert.match(error.message, /mirror: cannot reach the registry/);
      assert.doesNotMatch(error.message, /door-acme/);
      return true;
    });
  });
}
