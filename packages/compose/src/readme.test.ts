import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import type { ComposeService } from "./index.ts";

test("the example of the README does what its comments say", async () => {
  const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
  const example = /```ts\n(.*?)```/s.exec(readme)?.[1] ?? "";
  const code = example.replace("@opendepot/compose", new URL("./index.ts", import.meta.url).href);

  const module = (await import(`data:text/javascript,${encodeURIComponent(`${code}\nexport { web };`)}`)) as {
    web: ComposeService;
  };

  assert.equal(module.web.image, "example/web:1.2");
  assert.equal(module.web.build?.context, "web");
  assert.deepEqual(
    module.web.build?.args,
    new Map([
      ["MODE", "release"],
      ["TAG", undefined],
    ]),
  );
});
