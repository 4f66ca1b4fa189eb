import assert from "node:assert/strict";
import { test } from "node:test";
import { withTargetName } from "./name-prefix.ts";

test("steps are told with their target's name, inside the brackets where there are some", () => {
  const shown: string[] = [];
  const sink = withTargetName({ update: ({ vertexes }) => shown.push(...vertexes.map(({ name }) => name)) }, "app");
  const vertex = { digest: "sha256:a", inputs: [], cached: false, error: "" };
  const names = ["[1/2] RUN true", "exporting to image"];

  sink.update({ vertexes: names.map((name) => ({ ...vertex, name })), statuses: [], logs: [], warnings: [] });

  assert.deepEqual(shown, ["[app 1/2] RUN true", "[app] exporting to image"]);
});
