import assert from "node:assert/strict";
import { test } from "node:test";
import type { GatewayRef } from "./gateway-result.ts";
import { linkTargets } from "./link-target.ts";

const CONFIG = Buffer.from('{"os":"linux"}');
const METADATA = JSON.stringify({ "containerimage.config": CONFIG.toString("base64") });

function ref(id: string): GatewayRef {
  return { id, definition: { def: [Buffer.from(id)], metadata: {} } };
}

test("a result of one platform becomes an input with its configuration", () => {
  const result = { ref: ref("r"), metadata: { "containerimage.config": CONFIG, other: CONFIG } };
  const request = { frontend: "dockerfile.v0", frontendOpt: { "context:app": "target:base", target: "t" } };
  const linked = linkTargets(request, [{ contextName: "app", inputName: "base", result }]);
  assert.deepEqual(linked.frontendOpt, {
    target: "t",
    "context:app": "input:base",
    "input-metadata:base": METADATA,
  });
  assert.deepEqual(linked.frontendInputs, { base: ref("r").definition });
  assert.equal(request.frontendOpt["context:app"], "target:base");
});

test("a result of several platforms becomes an input for each, one without files too", () => {
  const result = {
    refs: { "linux/amd64": ref("a"), "linux/arm64": undefined },
    metadata: { "containerimage.config/linux/amd64": CONFIG },
  };
  const request = { frontend: "dockerfile.v0", frontendOpt: { "context:app": "target:base" } };
  const linked = linkTargets(request, [{ contextName: "app", inputName: "base", result }]);
  assert.deepEqual(linked.frontendOpt, {
    "context:app::linux/amd64": "input:base::linux/amd64",
    "input-metadata:base::linux/amd64": METADATA,
    "context:app::linux/arm64": "input:base::linux/arm64",
  });
  assert.deepEqual(Object.keys(linked.frontendInputs), ["base::linux/amd64", "base::linux/arm64"]);
});
