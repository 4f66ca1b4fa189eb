import assert from "node:assert/strict";
import { mkdtempDisposableSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { Secrets } from "../gen/moby/buildkit/secrets/v1/secrets.ts";
import { callUnary } from "../testing/memory-call.ts";
import { createSecrets, MAX_SECRET_BYTES, type SecretSource } from "./secrets.ts";

async function secretOf(sources: readonly SecretSource[], id: string): Promise<Buffer> {
  const { data } = await callUnary(await createSecrets(sources), Secrets.getSecret, { id });
  return Buffer.from(data);
}

test("secrets are given byte for byte, files as they are when asked for", async () => {
  using folder = mkdtempDisposable();
  const path = join(folder.path, "key");
  const bytes = Buffer.from(Array.from({ length: 256 }, (_, index) => index));
  writeFileSync(path, "old");
  const service = await createSecrets([{ id: "f", kind: "file", path }]);
  writeFileSync(path, bytes);

  assert.ok(bytes.equals((await callUnary(service, Secrets.getSecret, { id: "f" })).data));
  assert.ok(bytes.equals(await secretOf([{ id: "v", kind: "value", value: bytes }], "v")));
  assert.equal(String(await secretOf([{ id: "e", kind: "env", name: "E", value: "tökén" }], "e")), "tökén");
  assert.equal((await secretOf([{ id: "e", kind: "env", name: "E", value: "" }], "e")).length, 0);
});

test("an unknown id is not found", async () => {
  await assert.rejects(secretOf([], "nope"), { code: 5, message: /"nope" not found/ });
});

test("the largest secret is given, a larger one refused", async () => {
  using folder = mkdtempDisposable();
  const path = join(folder.path, "key");
  writeFileSync(path, Buffer.alloc(MAX_SECRET_BYTES));
  assert.equal((await secretOf([{ id: "f", kind: "file", path }], "f")).length, MAX_SECRET_BYTES);

  writeFileSync(path, Buffer.alloc(MAX_SECRET_BYTES + 1));
  await assert.rejects(createSecrets([{ id: "f", kind: "file", path }]), { code: "secret_too_large" });
  const value = "x".repeat(MAX_SECRET_BYTES + 1);
  await assert.rejects(createSecrets([{ id: "v", kind: "value", value }]), { code: "secret_too_large" });
});

test("a missing file is told before the build, and when it goes missing later", async () => {
  using folder = mkdtempDisposable();
  const path = join(folder.path, "key");
  const source: SecretSource = { id: "f", kind: "file", path };
  await assert.rejects(createSecrets([source]), {
    code: "secret_file_missing",
    message: new RegExp(`${path} of secret f`),
  });
  writeFileSync(path, "x");
  const service = await createSecrets([source]);
  rmSync(path);
  await assert.rejects(callUnary(service, Secrets.getSecret, { id: "f" }), { code: "secret_file_missing" });
});

test("a directory is no secret", async () => {
  await assert.rejects(createSecrets([{ id: "d", kind: "file", path: tmpdir() }]), { code: "secret_unreadable" });
});

function mkdtempDisposable(): Disposable & { path: string } {
  const folder = mkdtempDisposableSync(join(tmpdir(), "secrets-"));
  return { path: folder.path, [Symbol.dispose]: () => folder.remove() };
}
