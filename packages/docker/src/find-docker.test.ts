import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdir, mkdtempDisposable, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { isProblem } from "@opendepot/base";
import { type FoundDocker, findDocker } from "./find-docker.ts";

type ConfigFolder = Awaited<ReturnType<typeof mkdtempDisposable>>;

function makeConfig(): Promise<ConfigFolder> {
  return mkdtempDisposable(join(tmpdir(), "od-docker-config-"));
}

async function addContext(
  folder: string,
  name: string,
  docker: unknown,
  pems: Record<string, string> = {},
): Promise<void> {
  const id = createHash("sha256").update(name).digest("hex");
  const [meta, tls] = [join(folder, "contexts/meta", id), join(folder, "contexts/tls", id, "docker")];
  await Promise.all([mkdir(meta, { recursive: true }), mkdir(tls, { recursive: true })]);
  await writeFile(join(meta, "meta.json"), JSON.stringify({ Name: name, Endpoints: { docker } }));
  for (const [file, text] of Object.entries(pems)) await writeFile(join(tls, `${file}.pem`), text);
}

function find(folder: string, environment: Record<string, string> = {}): Promise<FoundDocker> {
  return findDocker({ environment, configFolder: folder, platform: "linux" });
}

test("without any word the usual socket is meant", async () => {
  await using config = await makeConfig();

  assert.deepEqual(await find(config.path), {
    address: { kind: "unix", path: "/var/run/docker.sock" },
    source: "default",
  });
});

test("the environment goes before the contexts, as with docker", async () => {
  await using config = await makeConfig();
  await writeFile(join(config.path, "config.json"), JSON.stringify({ currentContext: "near" }));
  await addContext(config.path, "near", { Host: "unix:///near.sock" });
  await addContext(config.path, "far", { Host: "ssh://ann@far" });

  assert.equal((await find(config.path)).source, 'docker context "near"');
  assert.equal((await find(config.path, { DOCKER_CONTEXT: "far" })).address.kind, "ssh");
  const both = await find(config.path, { DOCKER_CONTEXT: "far", DOCKER_HOST: "tcp://other" });
  assert.deepEqual(both, {
    address: { kind: "tcp", host: "other", port: 2375, tls: undefined },
    source: "DOCKER_HOST",
  });
  assert.equal((await find(config.path, { DOCKER_CONTEXT: "default" })).source, "default");
});

test("certificates come from the context, or with DOCKER_HOST from DOCKER_CERT_PATH", async () => {
  await using config = await makeConfig();
  await addContext(
    config.path,
    "safe",
    { Host: "tcp://far:1", SkipTLSVerify: false },
    { ca: "CA", cert: "C", key: "K" },
  );
  await writeFile(join(config.path, "ca.pem"), "OTHER");

  const context = await find(config.path, { DOCKER_CONTEXT: "safe" });
  const host = await find(config.path, { DOCKER_HOST: "tcp://far", DOCKER_TLS_VERIFY: "1" });
  const unsafe = await find(config.path, { DOCKER_HOST: "tcp://far", DOCKER_TLS: "1" });

  assert.deepEqual(context.address.kind === "tcp" && context.address.tls, {
    ca: "CA",
    cert: "C",
    key: "K",
    skipsVerify: false,
  });
  assert.deepEqual(host.address.kind === "tcp" && [host.address.port, host.address.tls?.ca], [2376, "OTHER"]);
  assert.equal(unsafe.address.kind === "tcp" && unsafe.address.tls?.skipsVerify, true);
});

test("a context that is missing or broken is told by its name", async () => {
  await using config = await makeConfig();
  await addContext(config.path, "empty", {});
  await addContext(config.path, "odd", { Host: "fd://" });

  for (const name of ["missing", "empty"]) {
    await assert.rejects(find(config.path, { DOCKER_CONTEXT: name }), (error) => {
      return isProblem(error, "docker_context_invalid") && error.message.includes(JSON.stringify(name));
    });
  }
  await assert.rejects(find(config.path, { DOCKER_CONTEXT: "odd" }), (error) => isProblem(error));
  await writeFile(join(config.path, "config.json"), "{");
  await assert.rejects(find(config.path), (error) => isProblem(error, "docker_context_invalid"));
});
