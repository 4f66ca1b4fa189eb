import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import type { Target } from "./index.ts";

test("the example of the README does what its comments say", async () => {
  const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
  const example = /```ts\n(.*?)```/s.exec(readme)?.[1] ?? "";
  const code = example.replace("@opendepot/bake", new URL("./index.ts", import.meta.url).href);

  const module = (await import(`data:text/javascript,${encodeURIComponent(`${code}\nexport { app, printed };`)}`)) as {
    app: Target;
    printed: string;
  };

  assert.deepEqual(module.app.tags, ["example/app:1.2"]);
  assert.deepEqual(module.app.platforms, ["linux/arm64"]);
  assert.match(module.printed, /"MODE": "release"/);
});
