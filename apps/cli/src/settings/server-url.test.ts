import assert from "node:assert/strict";
import { test } from "node:test";
import { isProblem } from "@opendepot/base";
import { parseServerUrl, resolveServerUrl } from "./server-url.ts";

test("the environment comes before the stored address, which comes before this machine", () => {
  assert.equal(resolveServerUrl({ DEPOT_API_URL: "https://a" }, { api_url: "https://b" }).href, "https://a/");
  assert.equal(resolveServerUrl({ DEPOT_API_URL: "" }, { api_url: "https://b" }).href, "https://b/");
  assert.equal(resolveServerUrl({}, {}).href, "http://127.0.0.1:8700/");
});

for (const bad of ["depot.example.com", "ftp://x", "http://", "localhost:8700", "https://user:hunter2@host"]) {
  test(`${bad} is no address of a server`, () => {
    assert.throws(
      () => parseServerUrl(bad, "--url"),
      (error) => isProblem(error, "server_url_invalid") && !error.message.includes("hunter2"),
    );
  });
}
