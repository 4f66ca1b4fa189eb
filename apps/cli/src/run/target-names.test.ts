import assert from "node:assert/strict";
import { test } from "node:test";
import { TargetNames } from "./target-names.ts";

test("steps are told with their target's name, a shared one with that of who told of it first", () => {
  const shown: string[] = [];
  const display = {
    update: ({ vertexes }: { vertexes: readonly { name: string }[] }) =>
      shown.push(...vertexes.map(({ name }) => name)),
  };
  const names = new TargetNames();
  const [app, web] = [names.prefix(display, "app"), names.prefix(display, "web")];
  const tell = (sink: typeof app, digest: string, name: string): void =>
    sink.update({
      vertexes: [{ digest, name, inputs: [], cached: false, error: "" }],
      statuses: [],
      logs: [],
      warnings: [],
    });

  tell(app, "sha256:a", "[1/2] RUN true");
  tell(web, "sha256:a", "[1/2] RUN true");
  tell(web, "sha256:b", "exporting to image");

  assert.deepEqual(shown, ["[app 1/2] RUN true", "[app 1/2] RUN true", "[web] exporting to image"]);
});
