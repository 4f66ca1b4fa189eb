import assert from "node:assert/strict";
import { test } from "node:test";
import { openDocker } from "@opendepot/docker";
import { FakeDocker } from "@opendepot/docker/testing";
import { parseNormalizedReference } from "@opendepot/oci";
import { type LoadedImage, type LoadOptions, loadImage } from "./load-image.ts";
import { loadObstacle } from "./load-obstacle.ts";
import { MemoryContent } from "./testing/memory-content.ts";

const signal = AbortSignal.timeout(30_000);
const INFO = { ServerVersion: "28.5.2", OperatingSystem: "Debian GNU/Linux 12 (bookworm)" };

async function load(
  fake: FakeDocker,
  content = new MemoryContent(),
  options: Partial<LoadOptions> = {},
): Promise<LoadedImage> {
  const { descriptor } = content.addImage(Buffer.from("layer"));
  await using docker = openDocker({ address: fake.address, environment: {} });
  const names = [parseNormalizedReference("app")] as const;
  return await loadImage({ docker, content, descriptor, names, signal, ...options });
}

/** What was asked of Docker, with what is random left out. */
function asked(fake: FakeDocker): string[] {
  return fake.seen.map((line) =>
    line
      .replace(/127\.0\.0\.1(?::|%3A)\d+(\/|%2F)depot-load(\/|%2F)\d{10}-[0-9a-f]{32}/, "TEMP")
      .replace(/sha256(?::|%3A)[0-9a-f]{64}/g, "DIGEST"),
  );
}

test("an image that Docker has is only named", async () => {
  await using fake = await FakeDocker.start();
  const content = new MemoryContent();
  const { config } = content.addImage(Buffer.from("layer"));
  fake.answerJson(`GET /images/${config.digest}/json`, { Id: config.digest });
  fake.answerJson(`POST /images/${config.digest}/tag`, {}, 201);

  const outcome = await load(fake, content);

  assert.deepEqual(outcome, { imageId: config.digest, servedBytes: 0 });
  assert.equal(asked(fake).at(-1), "POST /images/DIGEST/tag?repo=docker.io%2Flibrary%2Fapp&tag=latest");
});

test("a Docker that cannot reach this process gets the whole image, and nothing else is left", async () => {
  await using fake = await FakeDocker.start();
  fake.answers.set("POST /images/create", (_, response) => {
    response.writeHead(500).end('{"message":"Get http://127.0.0.1:1/v2/: connection refused"}');
  });
  fake.answers.set("POST /images/load", (request, response) => {
    request.resume().on("end", () => response.end('{"stream":"Loaded image: app:latest"}\n'));
  });
  const reasons: string[] = [];

  const { servedBytes } = await load(fake, new MemoryContent(), { onWhole: (reason) => reasons.push(reason) });

  assert.deepEqual(reasons, ["Docker cannot reach this process"]);
  assert(servedBytes > 512);
  assert.deepEqual(asked(fake).slice(2, 4), [
    "POST /images/create?fromImage=TEMP&tag=DIGEST",
    "DELETE /images/TEMP@DIGEST",
  ]);
});

test("an image that cannot be named leaves no other name behind", async () => {
  await using fake = await FakeDocker.start();
  fake.answers.set("POST /images/create", (_, response) => response.end('{"status":"done"}\n'));

  await assert.rejects(load(fake), /Docker cannot name the image docker\.io\/library\/app:latest/);
  assert.equal(asked(fake).at(-1), "DELETE /images/TEMP@DIGEST");
});

test("where a Docker cannot reach this machine's loopback is known before anything is built", async () => {
  await using fake = await FakeDocker.start();
  fake.answerJson("GET /info", INFO);
  await using docker = openDocker({ address: fake.address, environment: {} });

  assert.equal(await loadObstacle(docker, { platform: "linux", signal }), undefined);
  assert.match((await loadObstacle(docker, { platform: "darwin", signal })) ?? "", /virtual machine/);
  fake.answerJson("GET /info", { ...INFO, OperatingSystem: "Docker Desktop" });
  await using desktop = openDocker({ address: fake.address, environment: {} });
  assert.match((await loadObstacle(desktop, { platform: "linux", signal })) ?? "", /virtual machine/);
  const remote = { ...docker, address: { kind: "tcp", host: "far", port: 2376, tls: undefined } as const };
  assert.match((await loadObstacle(remote, { platform: "linux", signal })) ?? "", /tcp:\/\/far:2376 runs on another/);
});
