import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { dockerConfigFolder, readProxyArgs, withProxyArgs } from "./docker-config.ts";

test("proxies of Docker's configuration become arguments in both spellings", async () => {
  const folder = await mkdtemp(join(tmpdir(), "depot-docker-"));
  try {
    await writeFile(
      join(folder, "config.json"),
      JSON.stringify({ proxies: { default: { httpProxy: "http://p", noProxy: "", x: 1 } } }),
    );
    assert.deepEqual(await readProxyArgs(folder), { HTTP_PROXY: "http://p", http_proxy: "http://p" });

    for (const text of ["{", "null", "[]", '{"proxies":null}', '{"proxies":{"default":"x"}}']) {
      await writeFile(join(folder, "config.json"), text);
      assert.deepEqual(await readProxyArgs(folder), {}, text);
    }
  } finally {
    await rm(folder, { recursive: true });
  }
  assert.deepEqual(await readProxyArgs(folder), {});
});

test("an argument in either spelling keeps the proxy's away", () => {
  assert.deepEqual(withProxyArgs({ Http_Proxy: "mine" }, { HTTP_PROXY: "p", http_proxy: "p", NO_PROXY: "n" }), {
    Http_Proxy: "mine",
    NO_PROXY: "n",
  });
});

test("DOCKER_CONFIG names the folder", () => {
  assert.equal(dockerConfigFolder({ environment: { DOCKER_CONFIG: "cfg" }, home: "/h", cwd: "/w" }), "/w/cfg");
  assert.equal(dockerConfigFolder({ environment: {}, home: "/h", cwd: "/w" }), "/h/.docker");
});
