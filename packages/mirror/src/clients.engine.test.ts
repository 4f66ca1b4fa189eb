import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { prepareTestTools, runProgram, startDockerd, startRegistry, testBaseImage } from "@opendepot/testing";
import { pushImage, startTestMirror } from "./testing/index.ts";

const HOST = "registry.invalid";

async function succeed(argv: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await runProgram(argv);
  assert.equal(code, 0, `${argv.join(" ")}\n${stderr}`);
  return stdout;
}

test("skopeo's layout is imported and pulled by docker, and docker's archive is imported and pulled by skopeo", async () => {
  await using cleanup = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), "od-clients-"));
  cleanup.defer(() => rm(folder, { recursive: true, force: true }));
  const { skopeo } = await prepareTestTools();
  await using upstream = await startRegistry();
  await pushImage(`${upstream.host}/base:1`, await testBaseImage());
  await using mirror = await startTestMirror();
  await mirror.add(HOST);
  await using docker = await startDockerd({ store: "containerd" });
  const layout = join(folder, "layout");
  const archive = join(folder, "saved.tar");
  const copied = join(folder, "copied");
  const copy = [skopeo, "--insecure-policy", "copy", "--src-tls-verify=false"];
  const mirrored = `${mirror.host}/mirror/door-acme/${HOST}`;

  await succeed([...copy, `docker://${upstream.host}/base:1`, `oci:${layout}:1`]);
  await mirror.mirror.import({ path: layout, name: `${HOST}/by-skopeo:1` });
  const pulled = await docker.docker(["pull", `${mirrored}/by-skopeo:1`]);
  assert.equal(pulled.code, 0, pulled.stderr);
  const saved = await docker.docker(["save", "-o", archive, `${mirrored}/by-skopeo:1`]);
  assert.equal(saved.code, 0, saved.stderr);
  const imported = await mirror.mirror.import({ path: archive, name: `${HOST}/by-docker:1` });
  await mkdir(copied);
  await succeed([...copy, `docker://${mirrored}/by-docker:1`, `dir:${copied}`]);

  const inspected = JSON.parse(await succeed([skopeo, "inspect", "--raw", `dir:${copied}`]));
  assert.ok(inspected.layers.length > 0);
  assert.ok((imported.images[0]?.parts ?? 0) >= 3);
});
