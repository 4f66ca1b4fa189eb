import assert from "node:assert/strict";
import { test } from "node:test";
import { parseNormalizedReference } from "@opendepot/oci";
import { placesOf } from "./registry-host.ts";

function places(name: string, isInsecure = false, scheme?: "http" | "https"): string[] {
  return placesOf(parseNormalizedReference(name), isInsecure, scheme).map(({ origin }) => origin.origin);
}

test("registries are found by TLS, on loopback by plain HTTP, and where they are insecure by either", () => {
  assert.deepEqual(places("alpine"), ["https://registry-1.docker.io"]);
  assert.deepEqual(places("127.0.0.1:5000/app"), ["http://127.0.0.1:5000"]);
  assert.deepEqual(places("reg.internal/app", true), ["https://reg.internal", "http://reg.internal"]);
});

test("what a registry is known to speak goes before where it is", () => {
  assert.deepEqual(places("127.0.0.1:5000/app", false, "https"), ["https://127.0.0.1:5000"]);
  assert.deepEqual(places("reg.internal/app", false, "http"), ["http://reg.internal"]);
});
