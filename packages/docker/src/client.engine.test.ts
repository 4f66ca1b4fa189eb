import assert from "node:assert/strict";
import { mkdtempDisposable, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { test } from "node:test";
import { isProblem } from "@opendepot/base";
import { parseNormalizedReference } from "@opendepot/oci";
import { prepareTestTools, startDockerd, startRegistry, type TestDockerd } from "@opendepot/testing";
import { openDocker } from "./client.ts";
import { findDocker } from "./find-docker.ts";

const tools = await prepareTestTools();

/** A tar archive with one file, as `docker import` takes it: an image without any tool that makes some. */
async function importImage(dockerd: TestDockerd, name: string): Promise<void> {
  const { code, stderr } = await dockerd.docker(["import", "-", name], { input: tarOf("word", "hello") });
  assert.equal(code, 0, stderr);
}

function tarOf(name: string, text: string): Buffer {
  const header = Buffer.alloc(512);
  const fields: ReadonlyArray<readonly [number, string]> = [
    [0, name],
    [100, "0000644\0"],
    [108, "0000000\0"],
    [116, "0000000\0"],
    [124, `${text.length.toString(8).padStart(11, "0")}\0`],
    [136, "00000000000\0"],
    [148, "        "],
    [156, "0"],
    [257, "ustar\x0000"],
  ];
  for (const [at, value] of fields) header.write(value, at, "latin1");
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
  const content = Buffer.alloc(512);
  content.write(text);
  return Buffer.concat([header, content, Buffer.alloc(1024)]);
}

for (const store of ["containerd", "graphdriver"] as const) {
  test(`a Docker with ${store} pulls with credentials, names, tells of and removes images`, async () => {
    const login = { username: "ann", password: "s3cret" };
    await using registry = await startRegistry({ login });
    await using dockerd = await startDockerd({ store });
    const found = await findDocker({
      environment: { DOCKER_HOST: dockerd.host },
      configFolder: dockerd.configFolder,
      platform: "linux",
    });
    await using docker = openDocker({ address: found.address, environment: {} });
    const remote = `${registry.host}/acme/app:1`;
    await importImage(dockerd, remote);
    await dockerd.docker(["login", registry.host, "--username", "ann", "--password-stdin"], { input: login.password });
    assert.equal((await dockerd.docker(["push", remote])).code, 0);
    assert.equal(await docker.remove(remote), true);
    assert.equal(await docker.inspect(remote), undefined);

    const reference = parseNormalizedReference(remote);
    await assert.rejects(docker.pull({ reference }), (error) => {
      return isProblem(error, "docker_refused") && /no basic auth|unauthorized|authentication/i.test(error.message);
    });
    const statuses: string[] = [];
    const onProgress = ({ status }: { status: string }): void => void statuses.push(status);
    await docker.pull({ reference, auth: { ...login, serveraddress: registry.host }, onProgress });
    await docker.tag(remote, parseNormalizedReference("local/app:2"));

    const image = await docker.inspect("local/app:2");
    assert.deepEqual([...(image?.tags ?? [])].sort(), [remote, "local/app:2"].sort());
    assert.equal(image?.os, "linux");
    assert.ok(statuses.some((status) => status.includes("Pull complete") || status.includes("Downloaded")));
    assert.equal((await docker.daemon()).imageStore, store);
    await assert.rejects(docker.tag("missing", parseNormalizedReference("x")), (error) =>
      isProblem(error, "docker_refused"),
    );
  });
}

test("a Docker is reached the way that ssh would go, through the docker command over there", async () => {
  await using dockerd = await startDockerd({ store: "containerd" });
  await using folder = await mkdtempDisposable(path.join(tmpdir(), "od-ssh-"));
  const sshCommand = path.join(folder.path, "ssh");
  const script = '#!/bin/sh\nwhile [ "$1" != -- ]; do shift; done\nshift 2\nexec sh -c "$*"\n';
  await writeFile(sshCommand, script, { mode: 0o755 });
  const environment = { PATH: `${path.dirname(tools.docker)}:${process.env["PATH"]}`, DOCKER_HOST: dockerd.host };
  const address = { kind: "ssh", host: "far", user: undefined, port: undefined, socket: undefined } as const;

  await using docker = openDocker({ address, environment, sshCommand });
  await docker.ping();
  const { loaded } = await docker.load({ archive: archive(dockerd) });

  assert.deepEqual(loaded, ["local/app:1"]);
  assert.equal((await docker.daemon()).imageStore, "containerd");
});

/** What `docker save` writes, in pieces. */
async function* archive(dockerd: TestDockerd): AsyncGenerator<Uint8Array> {
  await using folder = await mkdtempDisposable(path.join(tmpdir(), "od-save-"));
  const file = path.join(folder.path, "image.tar");
  await importImage(dockerd, "local/app:1");
  await dockerd.docker(["save", "--output", file, "local/app:1"]);
  await dockerd.docker(["rmi", "local/app:1"]);
  const { createReadStream } = await import("node:fs");
  yield* createReadStream(file);
}
