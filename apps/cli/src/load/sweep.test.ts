import assert from "node:assert/strict";
import { test } from "node:test";
import { systemClock } from "@opendepot/base";
import { openDocker } from "@opendepot/docker";
import { FakeDocker } from "@opendepot/docker/testing";
import { startSweep } from "./sweep.ts";
import { isLeftOver, temporaryPath } from "./temporary-name.ts";

const DIGEST = `sha256:${"0".repeat(64)}`;
const signal = AbortSignal.timeout(30_000);
const MINUTE_MS = 60_000;
const now = new Date();
const nameOf = (ageMinutes: number): string =>
  `127.0.0.1:40123/${temporaryPath(new Date(now.getTime() - ageMinutes * MINUTE_MS))}@${DIGEST}`;

test("only names of our making are left over, and only when an hour has passed", () => {
  assert.equal(isLeftOver(nameOf(61), now), true);
  const others = [
    nameOf(59),
    nameOf(-120), // of a clock that went wrong
    nameOf(61).replace("127.0.0.1:40123", "registry.example:5000"),
    nameOf(61).replace("depot-load/", "depot-load/team/"),
    nameOf(61).replace(`@${DIGEST}`, ":latest"),
    `127.0.0.1:5000/depot-load/app@${DIGEST}`,
  ];
  for (const name of others) assert.equal(isLeftOver(name, now), false, name);
});

test("a sweep takes away what is left over and nothing else", async () => {
  const [old, recent] = [nameOf(90), nameOf(1)];
  await using fake = await FakeDocker.start();
  await using docker = openDocker({ address: fake.address, environment: {} });
  fake.answerJson("GET /images/json", [{ Id: DIGEST, RepoTags: ["app:1"], RepoDigests: [recent, old] }]);
  const removed = Promise.withResolvers<void>();
  fake.answers.set(`DELETE /images/${old}`, (_, response) => {
    response.end("[]");
    removed.resolve();
  });

  await using _sweep = startSweep(docker, { clock: systemClock, signal });
  await removed.promise;

  assert.deepEqual(
    fake.seen.filter((line) => line.startsWith("DELETE")),
    [`DELETE /images/${old}`],
  );
});

test("a Docker that refuses or does not answer holds nobody up", async () => {
  await using fake = await FakeDocker.start();
  await using docker = openDocker({ address: fake.address, environment: {} });
  const asked = Promise.withResolvers<void>();
  fake.answers.set("GET /images/json", () => asked.resolve());

  const interrupt = new AbortController();
  const interrupted = startSweep(docker, { clock: systemClock, signal: interrupt.signal });
  await asked.promise;
  interrupt.abort();
  await interrupted[Symbol.asyncDispose]();
  const refused = Promise.withResolvers<void>();
  fake.answers.set("GET /images/json", (_, response) => {
    response.writeHead(500).end('{"message":"no"}');
    refused.resolve();
  });
  await using _another = startSweep(docker, { clock: systemClock, signal });
  await refused.promise;
});
