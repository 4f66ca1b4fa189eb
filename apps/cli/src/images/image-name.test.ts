import assert from "node:assert/strict";
import { test } from "node:test";
import { readImageName } from "./image-name.ts";

const HOST = "127.0.0.1:8700";
const HEX = "0123456789abcdef".repeat(4);

function read(text: string, projectId: string | undefined = "p1"): string {
  const { buildId, places } = readImageName(text, { registryHost: HOST, projectId });
  const named = places.map((place) => `${place.projectId}=${place.repository}:${place.reference}`);
  return [...(buildId === undefined ? [] : [`build ${buildId}`]), ...named].join(" ");
}

const cases: ReadonlyArray<readonly [text: string, means: string]> = [
  ["b1", "build b1 p1=p1:b1"],
  ["p2:v1", "p2=p2:v1 p1=p1/p2:v1"],
  ["p1:v1", "p1=p1:v1 p1=p1/p1:v1"],
  ["team/app:v1", "p1=p1/team/app:v1 team=team/app:v1"],
  ["p1/app:v1", "p1=p1/app:v1 p1=p1/p1/app:v1"],
  [`${HOST}/p2:v1`, "p2=p2:v1"],
  [`${HOST}/p2/team/app:v1`, "p2=p2/team/app:v1"],
  [`${HOST}/p2`, "p2=p2:latest"],
  [`${HOST}/p2@sha256:${HEX}`, `p2=p2:sha256:${HEX}`],
];
for (const [text, means] of cases) test(`${text} is ${means}`, () => assert.equal(read(text), means));

test("without a project only names that have one are places", () => {
  const { buildId, places } = readImageName("b1", { registryHost: HOST, projectId: undefined });
  assert.deepEqual([buildId, places], ["b1", []]);
  assert.equal(
    readImageName("p2:v1", { registryHost: HOST, projectId: undefined })
      .places.map(({ repository }) => repository)
      .join(),
    "p2",
  );
});
